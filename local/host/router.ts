import { parseTemplate, type Segment } from './route-template.ts';

/** Values of a route's parameters, percent-decoded except for `%2F`, as ASP.NET Core gives them. */
export type RouteValues = Record<string, string>;

export interface Match<T> {
  readonly target: T;
  readonly values: RouteValues;
}

interface Route<T> {
  readonly segments: readonly Segment[];
  /** In upper case; empty means every method. */
  readonly methods: ReadonlySet<string>;
  readonly target: T;
  readonly precedence: readonly number[];
  readonly minimum: number;
  readonly maximum: number;
}

/**
 * Finds the function for a method and a path. A literal beats a parameter with a constraint, that one a plain
 * parameter, that one a catch-all, segment by segment from the left; among equals the first one added wins.
 */
export class Router<T> {
  #routes: Route<T>[] = [];
  /** Routes without parameters, by method and path: most requests need no more than this. */
  #literals = new Map<string, T>();
  #bySegments = new Map<number, Route<T>[]>();

  /**
   * @param template a whole route, prefix included
   * @param methods any case; none means every method
   * @throws Error saying what is wrong with the template
   */
  add(template: string, methods: readonly string[], target: T): void {
    const segments = parseTemplate(template);
    const last = segments.at(-1);
    const maximum = last?.kind === 'rest' ? Number.POSITIVE_INFINITY : segments.length;
    let minimum = segments.length;
    for (const segment of segments.toReversed()) {
      const omissible =
        segment.kind === 'rest' ||
        (segment.kind === 'parameter' && (segment.optional || segment.fallback !== undefined));
      if (!omissible) break;
      minimum--;
    }
    this.#routes.push({
      segments,
      methods: new Set(methods.map((method) => method.toUpperCase())),
      target,
      precedence: segments.map(precedenceOf),
      minimum,
      maximum,
    });
    this.#routes.sort((a, b) => comparePrecedence(a.precedence, b.precedence));
    this.#literals.clear();
    this.#bySegments.clear();
  }

  /**
   * @param method as sent
   * @param path the path of the request's URL, undecoded, with its leading slash, without query
   */
  match(method: string, path: string): Match<T> | undefined {
    const literal = this.#literals.get(`${method} ${path}`);
    if (literal !== undefined) return { target: literal, values: {} };
    const parts = splitPath(path);
    for (const route of this.#candidates(parts.length)) {
      if (route.methods.size > 0 && !route.methods.has(method.toUpperCase())) continue;
      const values = matchSegments(route.segments, parts);
      if (values === undefined) continue;
      if (route.segments.every((segment) => segment.kind === 'literal') && this.#literals.size < 1_000) {
        this.#literals.set(`${method} ${path}`, route.target);
      }
      return { target: route.target, values };
    }
    return undefined;
  }

  #candidates(count: number): Route<T>[] {
    const known = this.#bySegments.get(count);
    if (known !== undefined) return known;
    const found = this.#routes.filter((route) => count >= route.minimum && count <= route.maximum);
    // A long path must not add an entry per length.
    if (count <= 64) this.#bySegments.set(count, found);
    return found;
  }
}

function precedenceOf(segment: Segment): number {
  switch (segment.kind) {
    case 'literal':
      return 1;
    case 'mixed':
      return 2;
    case 'parameter':
      return segment.constraints.length > 0 ? 2 : 3;
    case 'rest':
      return segment.constraints.length > 0 ? 4 : 5;
  }
}

function comparePrecedence(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function splitPath(path: string): string[] {
  let normal = path;
  // Kestrel removes dot segments before routing.
  if (/\/\.|%2e/i.test(normal)) normal = new URL(normal.replace(/^\/+/, '/'), 'http://localhost').pathname;
  if (normal.endsWith('/')) normal = normal.slice(0, -1);
  if (normal === '') return [];
  return normal.slice(1).split('/');
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): RouteValues | undefined {
  const values: RouteValues = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    switch (segment.kind) {
      case 'literal': {
        if (part === undefined) return undefined;
        if (part !== segment.text && decode(part).toLowerCase() !== segment.text) return undefined;
        break;
      }
      case 'parameter': {
        if (part === '') return undefined;
        if (part === undefined) {
          if (segment.fallback !== undefined) values[segment.name] = segment.fallback;
          break;
        }
        const value = decode(part);
        if (!segment.constraints.every((constraint) => constraint(value))) return undefined;
        values[segment.name] = value;
        break;
      }
      case 'rest': {
        const value = parts.slice(index).map(decode).join('/');
        if (value === '') break;
        if (!segment.constraints.every((constraint) => constraint(value))) return undefined;
        values[segment.name] = value;
        break;
      }
      case 'mixed': {
        if (part === undefined) return undefined;
        const found = segment.pattern.exec(decode(part));
        if (found === null) return undefined;
        for (const [place, name] of segment.names.entries()) {
          const value = found[place + 1] ?? '';
          if (segment.constraints[place]?.every((constraint) => constraint(value)) !== true) return undefined;
          values[name] = value;
        }
        break;
      }
    }
  }
  return values;
}

/**
 * Decodes every percent-encoded character but `%2F`, which could not be told from a separator. What is no UTF-8 stays as
 * it was sent.
 */
function decode(part: string): string {
  if (!part.includes('%')) return part;
  return part.replaceAll(/(?:%[\da-f]{2})+/gi, decodeBytes);
}

function decodeBytes(encoded: string): string {
  let text = '';
  let place = 0;
  while (place < encoded.length) {
    const lead = Number.parseInt(encoded.slice(place + 1, place + 3), 16);
    // The number of bytes that a UTF-8 character with this first byte has (RFC 3629).
    const bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const piece = encoded.slice(place, place + 3 * bytes);
    const character = lead === 0x2f ? undefined : decodeCharacter(piece);
    text += character ?? encoded.slice(place, place + 3);
    place += character === undefined ? 3 : piece.length;
  }
  return text;
}

function decodeCharacter(piece: string): string | undefined {
  const bytes = Buffer.from(piece.replaceAll('%', ''), 'hex');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
