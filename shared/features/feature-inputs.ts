import type { Feature } from './definition.ts';

/** The columns whose values a feature is computed from, by the key of the feature that names each. */
export function inputsOf(feature: Feature): readonly (readonly [key: string, column: string])[] {
  switch (feature.op) {
    case 'ratio':
      return [
        ['numerator', feature.numerator],
        ['denominator', feature.denominator],
      ];
    case 'compare':
    case 'difference':
      return [
        ['left', feature.left],
        ['right', feature.right],
      ];
    case 'mapped-match':
      return [
        ['key', feature.key],
        ['column', feature.column],
      ];
    case 'passthrough':
    case 'log1p':
    case 'cyclic':
    case 'one-hot':
    case 'ordinal':
    case 'is-missing':
    case 'frequency':
    case 'within':
      return [['column', feature.column]];
  }
}
