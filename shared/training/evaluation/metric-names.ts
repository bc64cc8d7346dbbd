/** What is measured of a version, in the order in which it is shown. */
export const METRICS = [
  'aucRoc',
  'averagePrecision',
  'logLoss',
  'brier',
  'expectedCalibrationError',
  'accuracy',
  'precision',
  'recall',
  'f1',
  'falsePositiveRate',
  'flaggedRate',
  'recallAt1Percent',
  'recallAt5Percent',
  'cost',
  'observedToExpected',
  'calibrationSlope',
  'cardPrecision100',
] as const;
export type MetricName = (typeof METRICS)[number];

/** One number per metric; NaN where the rows do not define it. */
export type MetricValues = Record<MetricName, number>;
