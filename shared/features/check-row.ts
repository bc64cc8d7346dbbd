import type { Problem } from '../failure.ts';
import type { Column } from './definition.ts';
import { MAX_TEXT } from './limits.ts';
import { type CellValue, type CheckedRow, isRecord, pointerTo, shown } from './row-values.ts';
import { parseTimestamp, type TimePart, timePart } from './timestamp.ts';

export type RowCheck =
  | { readonly ok: true; readonly row: CheckedRow; readonly warnings: string[] }
  | { readonly ok: false; readonly problems: Problem[] };

interface Rule {
  readonly name: string;
  readonly slot: number;
  readonly kind: Column['type'] | 'label' | 'ignored';
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** Undefined where every text is a known one. */
  readonly categories: ReadonlySet<string> | undefined;
  readonly labels: Column['labels'];
}

/** What happens to a slot that is still empty when every key of a row has been read. */
interface Gap {
  readonly name: string;
  readonly slot: number;
  readonly required: boolean;
  readonly fallback: CellValue;
  readonly derive: { readonly slot: number; readonly part: TimePart } | undefined;
}

/** Stands for a value that was refused; no accepted value is a NaN. */
const REFUSED = Number.NaN;
/** Most unknown columns that a warning names. */
const MAX_UNKNOWN_NAMES = 10;

/**
 * Makes the function that validates rows of these columns.
 *
 * Written out rather than built on zod because it runs once per row (a fifth of zod's time) and collects warnings and
 * derived values beside problems; a property test holds it to `rowSchemaOf`, which is zod. An empty text in a column of
 * texts counts as no value, as in a file.
 */
export function rowChecker(columns: readonly Column[]): (row: unknown, path: string) => RowCheck {
  const rules = new Map(columns.map((column, slot) => [column.name, ruleOf(column, slot)]));
  const gaps = columns.flatMap((column, slot) => gapOf(column, slot, columns));
  const empty: readonly CellValue[] = columns.map(() => null);

  return (row, path) => {
    if (!isRecord(row)) {
      return { ok: false, problems: [{ path, message: 'must be an object with a key per column' }] };
    }
    const values = empty.slice();
    const warnings: string[] = [];
    const problems: Problem[] = [];
    let unknown: string[] | undefined;
    // Own keys only: what a row inherits can't pass for a column's value.
    for (const key of Object.keys(row)) {
      const rule = rules.get(key);
      if (rule === undefined) (unknown ??= []).push(key);
      else {
        const value = row[key];
        if (value !== null && value !== undefined) {
          values[rule.slot] = valueOf(rule, value, path, problems, warnings);
        }
      }
    }
    for (const gap of gaps) {
      if (values[gap.slot] === null) values[gap.slot] = filled(gap, values, path, problems);
    }
    if (problems.length > 0) return { ok: false, problems };
    if (unknown !== undefined) warnings.push(unknownWarning(unknown));
    return { ok: true, row: values, warnings };
  };
}

function ruleOf(column: Column, slot: number): Rule {
  const kind = column.ignored !== undefined ? 'ignored' : column.role === 'label' ? 'label' : column.type;
  return {
    name: column.name,
    slot,
    kind,
    min: column.min ?? -Infinity,
    max: column.max ?? Infinity,
    integer: column.integer === true,
    categories: column.categories && new Set(column.categories),
    labels: column.labels,
  };
}

function gapOf(column: Column, slot: number, columns: readonly Column[]): Gap[] {
  const { name, required = false, default: fallback = null, derive } = column;
  if (!required && fallback === null && derive === undefined) return [];
  const source = derive && {
    slot: columns.findIndex((candidate) => candidate.name === derive.from),
    part: derive.part,
  };
  return [{ name, slot, required, fallback, derive: source }];
}

function filled(gap: Gap, values: readonly CellValue[], path: string, problems: Problem[]): CellValue {
  if (gap.required) problems.push({ path: pointerTo(path, gap.name), message: 'is required' });
  if (gap.derive === undefined) return gap.fallback;
  const time = values[gap.derive.slot];
  return typeof time === 'number' ? timePart(time, gap.derive.part) : null;
}

function valueOf(
  rule: Rule,
  value: unknown,
  path: string,
  problems: Problem[],
  warnings: string[],
): CellValue {
  switch (rule.kind) {
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        return refuse(rule, path, problems, `must be a number, not ${shown(value)}`);
      }
      if (rule.integer && !Number.isSafeInteger(value)) {
        return refuse(rule, path, problems, `must be a whole number, not ${value}`);
      }
      if (value < rule.min) return refuse(rule, path, problems, `must be at least ${rule.min}, not ${value}`);
      if (value > rule.max) return refuse(rule, path, problems, `must be at most ${rule.max}, not ${value}`);
      return value;
    }
    case 'category':
    case 'string': {
      if (typeof value !== 'string')
        return refuse(rule, path, problems, `must be a text, not ${shown(value)}`);
      if (value === '') return null;
      if (value.length > MAX_TEXT) {
        return refuse(
          rule,
          path,
          problems,
          `must be at most ${MAX_TEXT} characters long, not ${value.length}`,
        );
      }
      if (rule.categories !== undefined && !rule.categories.has(value)) {
        warnings.push(`${rule.name}: ${shown(value)} is not a known category and counts as "other"`);
      }
      return value;
    }
    case 'timestamp': {
      const time = typeof value === 'string' ? parseTimestamp(value) : Number.NaN;
      if (!Number.isNaN(time)) return time;
      return refuse(
        rule,
        path,
        problems,
        `must be an existing date and time in ISO 8601, not ${shown(value)}`,
      );
    }
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return refuse(rule, path, problems, `must be true or false, not ${shown(value)}`);
    case 'label': {
      const label = labelOf(value, rule.labels);
      if (label !== undefined) return label;
      const { positive, negative } = rule.labels ?? { positive: 1, negative: 0 };
      return refuse(
        rule,
        path,
        problems,
        `must be ${shown(positive)} or ${shown(negative)}, not ${shown(value)}`,
      );
    }
    case 'ignored':
      return null;
  }
}

/** The label as 0 or 1: a number, a boolean, or one of the two texts that the column declares. */
export function labelOf(value: unknown, labels: Column['labels']): 0 | 1 | undefined {
  if (value === 1 || value === true) return 1;
  if (value === 0 || value === false) return 0;
  if (labels === undefined) return undefined;
  if (value === labels.positive) return 1;
  return value === labels.negative ? 0 : undefined;
}

function refuse(rule: Rule, path: string, problems: Problem[], message: string): number {
  problems.push({ path: pointerTo(path, rule.name), message });
  return REFUSED;
}

function unknownWarning(names: readonly string[]): string {
  const named = names.slice(0, MAX_UNKNOWN_NAMES).map(shown).join(', ');
  const more = names.length > MAX_UNKNOWN_NAMES ? ` and ${names.length - MAX_UNKNOWN_NAMES} more` : '';
  return `ignored columns that the model does not know: ${named}${more}`;
}
