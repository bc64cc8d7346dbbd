/**
 * A column's rows in the reference and in the current window, over the same bins or categories, as the report page
 * draws them. Counts need not be whole: shares serve as well.
 */
export type ColumnDistribution = NumericDistribution | CategoricalDistribution;

export interface NumericDistribution {
  readonly kind: 'numeric';
  readonly column: string;
  /** In ascending order, one more than there are bins. Bins may differ in width: what is drawn is the density. */
  readonly edges: readonly number[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
  /** Rows below the first and above the last edge, which are told and not drawn. */
  readonly beyond?: { readonly reference: number; readonly current: number };
}

export interface CategoricalDistribution {
  readonly kind: 'categorical';
  readonly column: string;
  readonly categories: readonly string[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}
