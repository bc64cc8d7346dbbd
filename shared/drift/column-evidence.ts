/** What was measured of one column between a reference and a current window. The assessment decides on nothing else. */

export const COLUMN_ROLES = ['feature', 'input', 'score', 'decision', 'label'] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** The statistics of the drift report, by its names; one that does not apply to the column is absent. */
export interface DriftStatistics {
  /** Two-sample Kolmogorov–Smirnov statistic; from histograms its lower bound. */
  readonly ks?: number;
  readonly ksPValue?: number;
  readonly psi?: number;
  /** Jensen–Shannon distance, natural logarithm: the root of the divergence. */
  readonly jensenShannon?: number;
  /** In the column's own units. */
  readonly wasserstein?: number;
  /** Over the reference's standard deviation. */
  readonly wassersteinNormed?: number;
  readonly chiSquare?: number;
  readonly chiSquarePValue?: number;
}

/** A share of rows in both windows, and the two-proportion z-test's p-value (1 where it says nothing). */
export interface RateEvidence {
  readonly reference: number;
  readonly current: number;
  readonly pValue: number;
}

/** Why a column is reported and not tested. */
export type Untested = 'identifier' | 'entity' | 'calendar' | 'many-categories' | 'ages' | 'no-reference';

export interface ColumnEvidence {
  readonly column: string;
  readonly role: ColumnRole;
  /** `rate`: two values, such as a label or a flag; its share is compared. */
  readonly kind: 'numeric' | 'categorical' | 'rate';
  /** Rows of each window, missing values included. */
  readonly rows: { readonly reference: number; readonly current: number };
  /** Distinct values of the reference, as far as they were counted (at most 1,001). */
  readonly distinct: number;
  readonly statistics: DriftStatistics;
  /** Half the sum of the absolute differences of the shares: categories and rates. */
  readonly totalVariation?: number;
  /** The share of the second value: rates only. */
  readonly rate?: RateEvidence;
  readonly missing: RateEvidence;
  /** Values outside of the range that the reference had; absent for categories. */
  readonly outOfRange?: RateEvidence;
  /** The share of current rows with a category that the reference did not have. */
  readonly unseen?: { readonly share: number; readonly values: readonly string[] };
  /** The column carries nothing any more, though it did in the reference. */
  readonly broken?: 'all missing' | 'constant';
  readonly untested?: Untested;
  /** The model's permutation importance of the column, 0 where it has none. */
  readonly importance: number;
}
