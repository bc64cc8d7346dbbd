import type { Column, Feature } from './definition.ts';
import { inputsOf } from './feature-inputs.ts';
import type { Report } from './finding.ts';
import { MAX_ONE_HOT } from './limits.ts';

type ColumnType = Column['type'];

const INPUT_TYPES: Record<Feature['op'], readonly ColumnType[]> = {
  passthrough: ['number', 'boolean'],
  log1p: ['number'],
  ratio: ['number'],
  cyclic: ['number', 'timestamp'],
  'one-hot': ['category'],
  ordinal: ['category'],
  'is-missing': ['number', 'category', 'timestamp', 'string', 'boolean'],
  frequency: ['category', 'string'],
  within: ['number'],
  compare: ['number', 'category', 'timestamp', 'string', 'boolean'],
  difference: ['number', 'timestamp'],
  'mapped-match': ['category', 'string'],
};

/** Reports the columns that a feature can't read and the options that don't fit them. */
export function checkFeature(feature: Feature, columns: ReadonlyMap<string, Column>, report: Report): void {
  const inputs: Column[] = [];
  for (const [key, name] of inputsOf(feature)) {
    const column = columns.get(name);
    const refusal =
      column === undefined ? `"${name}" is not a declared column` : refusalOf(column, feature.op);
    if (refusal !== undefined) report([key], refusal);
    else if (column !== undefined) inputs.push(column);
  }
  const [first, second] = inputs;
  if (first !== undefined) checkOperation(feature, first, second, report);
}

function refusalOf(column: Column, op: Feature['op']): string | undefined {
  if (column.role === 'label') return `"${column.name}" is the label and can't be a feature`;
  if (column.role === 'id' || column.role === 'entity') {
    return `"${column.name}" identifies a row or its owner (role ${column.role}) and can't be a feature`;
  }
  if (column.ignored !== undefined) return `"${column.name}" is ignored: ${column.ignored}`;
  const types = INPUT_TYPES[op];
  if (types.includes(column.type)) return undefined;
  return `${op} takes a column of type ${types.join(' or ')}, "${column.name}" is of type ${column.type}`;
}

function checkOperation(feature: Feature, column: Column, other: Column | undefined, report: Report): void {
  switch (feature.op) {
    case 'log1p':
      if (!((column.min ?? -1) >= 0)) report(['column'], `"${column.name}" needs a min of at least 0`);
      return;
    case 'cyclic':
      if (column.type === 'number' && (feature.period === undefined || feature.part !== undefined)) {
        report([], 'a number needs period and no part');
      }
      if (column.type === 'timestamp' && (feature.part === undefined || feature.period !== undefined)) {
        report([], 'a timestamp needs part and no period');
      }
      return;
    case 'one-hot':
    case 'ordinal': {
      const count = column.categories?.length ?? 0;
      if (count === 0) report(['column'], `"${column.name}" declares no categories`);
      if (feature.op === 'one-hot' && count > MAX_ONE_HOT) {
        report(
          ['column'],
          `"${column.name}" has ${count} categories, a one-hot takes at most ${MAX_ONE_HOT}`,
        );
      }
      return;
    }
    case 'is-missing':
      if (column.required === true || column.default !== undefined) {
        report(['column'], `"${column.name}" is never missing`);
      }
      return;
    case 'within':
      if (feature.from > feature.to) report(['from'], 'must not be above to');
      return;
    case 'compare':
    case 'difference': {
      if (other !== undefined && other.type !== column.type) {
        report(
          ['right'],
          `"${other.name}" is of type ${other.type}, "${column.name}" of type ${column.type}`,
        );
      }
      if (
        feature.op === 'compare' &&
        feature.relation === 'less' &&
        !['number', 'timestamp'].includes(column.type)
      ) {
        report(['relation'], `a column of type ${column.type} has no order`);
      }
      return;
    }
    case 'mapped-match':
    case 'passthrough':
    case 'ratio':
    case 'frequency':
      return;
  }
}
