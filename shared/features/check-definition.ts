import { checkFeature } from './check-feature.ts';
import type { Column, Layout } from './definition.ts';
import type { Finding, Report } from './finding.ts';
import { allFeatureNames, featureNames } from './feature-names.ts';

type ColumnType = Column['type'];

const ROLE_TYPES: Record<NonNullable<Column['role']>, readonly ColumnType[]> = {
  entity: ['string', 'category'],
  id: ['string'],
  eventTime: ['timestamp'],
  label: ['number', 'boolean', 'category', 'string'],
};

/** Which types an option of a column belongs to. */
const OPTION_TYPES = {
  min: ['number'],
  max: ['number'],
  integer: ['number'],
  derive: ['number'],
  categories: ['category'],
  default: ['number', 'category', 'string', 'boolean'],
} as const satisfies Partial<Record<keyof Column, readonly ColumnType[]>>;

/** Everything that the shapes alone can't tell: names that don't exist, options that contradict, unfit operations. */
export function findingsOf(layout: Layout): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (path, message) => findings.push({ path, message });
  const columns = new Map(layout.columns.map((column) => [column.name, column]));

  reportRepeats(
    layout.columns.map(({ name }) => name),
    (index, name) => report(['columns', index, 'name'], `"${name}" is declared twice`),
  );
  const roles = layout.columns.map(({ role }) => role);
  reportRepeats(roles, (index, role) =>
    report(['columns', index, 'role'], `another column has the role ${role} already`),
  );
  layout.columns.forEach((column, index) =>
    checkColumn(column, columns, (path, message) => report(['columns', index, ...path], message)),
  );
  layout.features.forEach((feature, index) =>
    checkFeature(feature, columns, (path, message) => report(['features', index, ...path], message)),
  );
  const owners = layout.features.flatMap((feature, index) => featureNames(feature, columns).map(() => index));
  reportRepeats(allFeatureNames(layout), (position, name) =>
    report(
      ['features', owners[position] ?? 0],
      `makes a second feature named "${name}": give it another name`,
    ),
  );
  return findings;
}

function reportRepeats<T extends string>(
  values: readonly (T | undefined)[],
  found: (index: number, value: T) => void,
): void {
  const seen = new Set<T>();
  values.forEach((value, index) => {
    if (value === undefined) return;
    if (seen.has(value)) found(index, value);
    seen.add(value);
  });
}

function checkColumn(column: Column, columns: ReadonlyMap<string, Column>, report: Report): void {
  const { type, role, min, max } = column;
  if (role !== undefined && !ROLE_TYPES[role].includes(type)) {
    report(['type'], `must be ${ROLE_TYPES[role].join(' or ')} for the role ${role}`);
  }
  for (const [option, types] of Object.entries(OPTION_TYPES)) {
    const given = column[option as keyof typeof OPTION_TYPES] !== undefined;
    if (given && !(types as readonly ColumnType[]).includes(type))
      report([option], `is not for a column of type ${type}`);
  }
  if (min !== undefined && max !== undefined && min > max) report(['min'], 'must not be above max');
  reportRepeats(column.categories ?? [], (index, value) =>
    report(['categories', index], `"${value}" is declared twice`),
  );
  if (column.derive !== undefined && columns.get(column.derive.from)?.type !== 'timestamp') {
    report(['derive', 'from'], `"${column.derive.from}" is not a timestamp column`);
  }
  if (column.default !== undefined) checkDefault(column, column.default, report);
  const sources = (['required', 'default', 'derive'] as const).filter((option) => {
    return option === 'required' ? column.required === true : column[option] !== undefined;
  });
  if (sources.length > 1) report([sources[1] ?? 'default'], `contradicts ${sources[0]}`);
  if (column.ignored !== undefined && (role !== undefined || sources.length > 0)) {
    report(['ignored'], 'an ignored column has no role, is not required and has no value of its own');
  }
  checkLabel(column, sources.length > 0, report);
}

function checkDefault(column: Column, value: number | string | boolean, report: Report): void {
  const wanted = column.type === 'category' ? 'string' : column.type;
  if (typeof value !== wanted) return report(['default'], `must be a ${wanted}`);
  if (typeof value === 'number') {
    const inRange = value >= (column.min ?? -Infinity) && value <= (column.max ?? Infinity);
    if (!inRange) report(['default'], 'is outside of the column’s range');
    if (column.integer === true && !Number.isSafeInteger(value))
      report(['default'], 'must be a whole number');
  }
  if (typeof value === 'string' && column.categories !== undefined && !column.categories.includes(value)) {
    report(['default'], 'is not among the categories');
  }
}

function checkLabel(column: Column, hasSource: boolean, report: Report): void {
  if (column.role !== 'label') {
    if (column.labels !== undefined) report(['labels'], 'is only for the column with the role label');
    return;
  }
  if (hasSource)
    report(['role'], 'a label is never required and has no default: a row that is scored has none');
  if (column.labels === undefined && (column.type === 'category' || column.type === 'string')) {
    report([], 'needs labels: which text is the positive and which the negative');
  }
  if (column.labels !== undefined && column.labels.positive === column.labels.negative) {
    report(['labels', 'negative'], 'must differ from positive');
  }
}
