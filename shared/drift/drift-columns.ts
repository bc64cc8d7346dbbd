import type { Column, Feature, Layout } from '../features/definition.ts';
import { inputsOf } from '../features/feature-inputs.ts';
import { featureNames } from '../features/feature-names.ts';
import type { ColumnRole, Untested } from './column-evidence.ts';

/** A column that drift is looked for in, before its bins are known. */
export interface DriftColumn {
  readonly column: string;
  readonly role: ColumnRole;
  /** `presence`: only whether there is a value. */
  readonly values: 'numbers' | 'flags' | 'texts' | 'presence';
  readonly untested?: Untested;
  /** The input columns that a feature is made of. */
  readonly from?: readonly string[];
}

/** Why a column's own values say nothing about drift. */
type Reason = Exclude<Untested, 'many-categories' | 'no-reference'>;

/** Operations whose features are 0 or 1. */
const FLAGS: ReadonlySet<Feature['op']> = new Set([
  'one-hot',
  'is-missing',
  'within',
  'compare',
  'mapped-match',
]);

/** The input columns of a model: what callers send and the log keeps. */
export function inputColumns({ columns }: Pick<Layout, 'columns'>): DriftColumn[] {
  return columns.flatMap((column): DriftColumn[] => {
    if (column.role === 'label' || column.ignored !== undefined) return [];
    const reason = reasonOf(column);
    const untested = reason === undefined ? {} : { untested: reason };
    return [{ column: column.name, role: 'input', values: valuesOf(column, reason), ...untested }];
  });
}

/** The features of a model, in the order of its feature vector. */
export function featureColumns({ columns, features }: Layout): DriftColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return features.flatMap((feature) => {
    const from = inputsOf(feature).map(([, name]) => name);
    const used = from.flatMap((name) => byName.get(name) ?? []);
    const reason = reasonOfFeature(feature, used);
    const isFlag = FLAGS.has(feature.op) || (feature.op === 'passthrough' && used[0]?.type === 'boolean');
    return featureNames(feature, byName).map((column): DriftColumn => ({
      column,
      role: 'feature',
      values: isFlag ? 'flags' : 'numbers',
      from,
      ...(reason === undefined ? {} : { untested: reason }),
    }));
  });
}

function reasonOf(column: Column): Reason | undefined {
  if (column.role === 'id') return 'identifier';
  if (column.role === 'entity') return 'entity';
  if (column.type === 'timestamp' || column.derive !== undefined) return 'calendar';
  return column.ages === true ? 'ages' : undefined;
}

/** A feature says as little as what it is made of, except where the passing of time cancels out. */
function reasonOfFeature(feature: Feature, used: readonly Column[]): Reason | undefined {
  if (feature.op === 'is-missing') return undefined;
  const spans = feature.op === 'difference' || feature.op === 'compare';
  if (spans && used.every(({ type }) => type === 'timestamp')) return undefined;
  return used.map(reasonOf).find((reason) => reason !== undefined);
}

function valuesOf(column: Column, reason: Reason | undefined): DriftColumn['values'] {
  if (reason === 'identifier' || reason === 'entity' || column.type === 'timestamp') return 'presence';
  if (column.type === 'boolean') return 'flags';
  return column.type === 'number' ? 'numbers' : 'texts';
}
