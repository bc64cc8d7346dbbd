/**
 * The query of a request target as Azure hands it over: names ignore case, and the values of a repeated name
 * are joined with commas under its first spelling.
 * @param target the request target as sent, such as `/api/a?x=1&x=2`
 */
export function parseQuery(target: string): URLSearchParams {
  const start = target.indexOf('?');
  const sent = new URLSearchParams(start < 0 ? '' : target.slice(start + 1).replace(/#.*$/s, ''));
  if (sent.size < 2) return sent;
  const spelling = new Map<string, string>();
  const values = new Map<string, string[]>();
  for (const [name, value] of sent) {
    const known = values.get(name.toLowerCase());
    if (known === undefined) {
      spelling.set(name.toLowerCase(), name);
      values.set(name.toLowerCase(), [value]);
    } else {
      known.push(value);
    }
  }
  if (values.size === sent.size) return sent;
  const joined = new URLSearchParams();
  for (const [key, all] of values) joined.append(spelling.get(key) ?? key, all.join(','));
  return joined;
}
