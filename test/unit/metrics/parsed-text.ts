/** A sample as the text has it. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/gy;

/**
 * Reads Prometheus' text exposition format 0.0.4 by its description, and refuses what it does not allow: samples without a
 * type before them, a name or a set of labels twice, histograms whose buckets do not add up.
 */
export function parseExposition(text: string): ParsedSample[] {
  const types = new Map<string, string>();
  const samples: ParsedSample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('The last line does not end');
  for (const line of text.split('\n')) {
    const [, kind, subject = '', type = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'TYPE') {
      if (types.has(subject)) throw new Error(`${subject} has two types`);
      types.set(subject, type);
    }
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', labelText = '', value = ''] = LINE.exec(line) ?? [];
    if (name === '') throw new Error(`'${line}' is no sample`);
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    const isPart = family !== name;
    if (!types.has(family) || isPart !== (types.get(family) === 'histogram'))
      throw new Error(`${name} has no type`);
    if (types.get(family) === 'counter' && !name.endsWith('_total'))
      throw new Error(`${name} is no counter's name`);
    const labels: Record<string, string> = {};
    let end = 0;
    for (const match of labelText.matchAll(LABEL)) {
      labels[match[1] ?? ''] = (match[2] ?? '').replaceAll(/\\(.)/g, '$1');
      end = match.index + match[0].length;
    }
    if (end !== labelText.length) throw new Error(`'${line}' has labels that cannot be read`);
    const key = `${name} ${labelText}`;
    if (seen.has(key)) throw new Error(`${key} comes twice`);
    seen.add(key);
    samples.push({ name, labels, value: value === '+Inf' ? Infinity : Number(value) });
  }
  checkHistograms(samples);
  return samples;
}

function checkHistograms(samples: readonly ParsedSample[]): void {
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket'));
  const groups = Map.groupBy(
    buckets,
    ({ name, labels: { le: _le, ...rest } }) => `${name} ${JSON.stringify(rest)}`,
  );
  for (const [key, group] of groups) {
    const values = group.map(({ value }) => value);
    if (values.some((value, at) => value < (values[at - 1] ?? 0))) throw new Error(`${key} does not rise`);
    const { le: _le, ...rest } = group[0]?.labels ?? {};
    const count = samples.find(
      ({ name, labels }) =>
        name === group[0]?.name.replace('_bucket', '_count') &&
        JSON.stringify(labels) === JSON.stringify(rest),
    );
    if (group.at(-1)?.labels['le'] !== '+Inf' || count?.value !== values.at(-1))
      throw new Error(`${key} does not end at its count`);
  }
}

/** The sum of the samples of a name that have these labels. */
export function sumOf(
  samples: readonly ParsedSample[],
  name: string,
  labels: Record<string, string> = {},
): number {
  return samples
    .filter(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}
