/**
 * The names under which telemetry is sent. Alerts, queries and dashboards of infra-bicep/ use no other ones, which a
 * test checks: a name that is changed here and not there would silence an alert.
 */

/** Custom events: what happens rarely, or to one prediction. */
export const TELEMETRY_EVENTS = {
  /** One prediction; sampled, except for failed ones. Has no inputs: they lie in the prediction log. */
  prediction: 'tollgate.prediction',
  /** A drift report raised the alarm. */
  driftAlarm: 'tollgate.drift.alarm',
  promotionStarted: 'tollgate.promotion.started',
  /** A promotion has reached `awaiting-approval`. */
  promotionWaiting: 'tollgate.promotion.waiting',
  /** A promotion has reached its end: `phase` says which. */
  promotionEnded: 'tollgate.promotion.ended',
  /** A retrain ended with an error; one whose version the gates rejected has not failed. */
  retrainFailed: 'tollgate.retrain.failed',
} as const;

/** Custom metrics: counted, and sent once a minute. */
export const TELEMETRY_METRICS = {
  /** Predictions, by `model`, `version`, `variant`, `decision`; a failed one has the decision `error`. */
  predictions: 'tollgate.predictions',
  /** From request to prediction, in milliseconds, by `model`, `version`, `variant`. */
  predictionDuration: 'tollgate.prediction.duration',
  /** Events that went to the spill container because the hub did not take them, by `hub`. */
  logSpilled: 'tollgate.log.spilled',
  /** Events that nothing could be done with, by `hub`. */
  deadLetters: 'tollgate.dead-letter',
} as const;

/** Attributes of events and metrics. None of them says who did something, or to whom it was done. */
export const TELEMETRY_ATTRIBUTES = {
  model: 'model',
  version: 'version',
  variant: 'variant',
  decision: 'decision',
  predictionId: 'predictionId',
  /** The code of a failed prediction's error. */
  errorCode: 'errorCode',
  promotionId: 'promotionId',
  phase: 'phase',
  /** Why a promotion or a retrain ended as it did. */
  reason: 'reason',
  runId: 'runId',
  reportId: 'reportId',
  /** Names of the columns that drifted. */
  columns: 'columns',
  hub: 'hub',
  /** Between 0 and 1. */
  score: 'score',
  latencyMs: 'latencyMs',
  /** For how many an event stands that is sampled; absent where it stands for itself. */
  weight: 'weight',
  /** What a span's work was about: events that were put on record, and what became of them; lines that were appended. */
  events: 'events',
  outcome: 'outcome',
  lines: 'lines',
} as const;

/** Spans of the app's own, within those of invocations, which have the names of their functions. */
export const TELEMETRY_SPANS = {
  /** A request's predictions are put on record: until the hub has acknowledged them, or the spill has them. */
  record: 'tollgate.predictions.record',
  /** Lines are appended to a file of the log. */
  append: 'tollgate.log.append',
} as const;
