/**
 * Unit prices in US dollars. They are assumptions: list prices of East US, pay as you go, as they were commonly quoted
 * in 2025, and nobody's contract. Replace them by your own (`--prices file.json`) before you decide on them.
 */
export const ASSUMED_PRICES = {
  /** Flex Consumption. */
  onDemandPerGbSecond: 0.000026,
  alwaysReadyBaselinePerGbSecond: 0.000004,
  alwaysReadyExecutionPerGbSecond: 0.000016,
  perMillionExecutions: 0.4,
  freeOnDemandGbSeconds: 100_000,
  freeOnDemandExecutions: 250_000,
  /** Event Hubs, Standard. */
  perThroughputUnitHour: 0.03,
  perMillionEvents: 0.028,
  /** Cosmos DB, autoscale, per region. */
  per100RequestUnitsHour: 0.012,
  /** Blob, hot. */
  perGbMonthGeoZoneRedundant: 0.0414,
  per10kWritesGeoZoneRedundant: 0.1,
  per10kWritesZoneRedundant: 0.065,
  per10kQueueCalls: 0.004,
  /** Log Analytics. */
  perGbIngested: 2.3,
  freeGbIngested: 5,
  /** Azure Monitor. */
  perAvailabilityTest: 0.0006,
  perLogAlertEvery5Minutes: 1.5,
  perLogAlertEvery15Minutes: 0.5,
  /** Network. */
  perPrivateEndpointHour: 0.01,
  perPrivateDnsZoneMonth: 0.5,
  /** Azure Machine Learning managed online endpoint: a Standard_DS3_v2 of four cores. */
  perEndpointInstanceHour: 0.229,
} as const;

export type Prices = Readonly<Record<keyof typeof ASSUMED_PRICES, number>>;
