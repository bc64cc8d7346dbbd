import type { Column, Feature } from './definition.ts';

/**
 * The names of the features that a declaration makes, in the order in which they are written. A category appears as
 * `column=value`; the buckets that are no category are in parentheses, because data sets have categories named "other".
 * @param columns by name; a one-hot's column must be among them with its categories
 */
export function featureNames(feature: Feature, columns: ReadonlyMap<string, Column>): readonly string[] {
  switch (feature.op) {
    case 'passthrough':
      return [feature.name ?? feature.column];
    case 'log1p':
      return [feature.name ?? `${feature.column}_log1p`];
    case 'ratio':
      return [feature.name ?? `${feature.numerator}_per_${feature.denominator}`];
    case 'cyclic': {
      const stem =
        feature.name ?? [feature.column, ...(feature.part === undefined ? [] : [feature.part])].join('_');
      return [`${stem}_sin`, `${stem}_cos`];
    }
    case 'one-hot': {
      const stem = feature.name ?? feature.column;
      const buckets = [...(columns.get(feature.column)?.categories ?? []), '(other)'];
      if (feature.missing === 'bucket') buckets.push('(missing)');
      return buckets.map((bucket) => `${stem}=${bucket}`);
    }
    case 'ordinal':
      return [feature.name ?? `${feature.column}_ordinal`];
    case 'is-missing':
      return [feature.name ?? `${feature.column}_missing`];
    case 'frequency':
      return [feature.name ?? `${feature.column}_frequency`];
    case 'within':
      return [feature.name ?? `${feature.column}_${feature.from}_to_${feature.to}`];
    case 'compare':
      return [feature.name ?? `${feature.left}_${feature.relation}_${feature.right}`];
    case 'difference':
      return [feature.name ?? `${feature.left}_minus_${feature.right}`];
    case 'mapped-match':
      return [feature.name ?? `${feature.column}_matches_${feature.key}`];
  }
}

/** The names of all features of a definition or contract, in the order of the feature vector. */
export function allFeatureNames(layout: {
  readonly columns: readonly Column[];
  readonly features: readonly Feature[];
}): readonly string[] {
  const columns = new Map(layout.columns.map((column) => [column.name, column]));
  return layout.features.flatMap((feature) => featureNames(feature, columns));
}
