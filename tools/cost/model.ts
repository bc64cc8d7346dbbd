import type { Prices } from './prices.ts';

/** What a deployment is like; the defaults follow `infra-bicep/prod.bicepparam`. */
export interface Deployment {
  /** Memory of an instance. */
  readonly instanceGb: number;
  readonly httpAlwaysReady: number;
  readonly durableAlwaysReady: number;
  readonly collectAlwaysReady: number;
  /** Requests a second that one instance takes: from a load test of your own model. */
  readonly requestsPerInstance: number;
  /** The greatest rate of a day over its mean. */
  readonly peak: number;
  readonly partitions: number;
  readonly cosmosRegions: number;
  /** Autoscale maximum of registry, lineage and rollups together; a tenth of it is the least that is paid for. */
  readonly cosmosMaxThroughput: number;
  /** Request units that the rollups of one append take. */
  readonly requestUnitsPerAppend: number;
  /** One prediction in the log, with its inputs and features. */
  readonly bytesPerPrediction: number;
  readonly monthsKept: number;
  /** Telemetry of one request, and the share of requests whose telemetry is kept. */
  readonly bytesOfTelemetry: number;
  readonly telemetryShare: number;
  /** Telemetry that comes without traffic: metrics, timers, diagnostics. */
  readonly idleTelemetryGb: number;
  readonly privateEndpoints: number;
  readonly privateDnsZones: number;
  readonly availabilityLocations: number;
  /** Log alerts that are evaluated every 5, and every 15 minutes. */
  readonly fastAlerts: number;
  readonly slowAlerts: number;
  /** Instances of the managed endpoint that are always on, and requests a second that one of them takes. */
  readonly endpointInstances: number;
  readonly requestsPerEndpointInstance: number;
}

export const PRODUCTION: Deployment = {
  instanceGb: 2,
  httpAlwaysReady: 2,
  durableAlwaysReady: 2,
  collectAlwaysReady: 2,
  requestsPerInstance: 400,
  peak: 3,
  partitions: 8,
  cosmosRegions: 2,
  cosmosMaxThroughput: 6_000,
  requestUnitsPerAppend: 40,
  bytesPerPrediction: 1_000,
  monthsKept: 12,
  bytesOfTelemetry: 3_000,
  telemetryShare: 0.05,
  idleTelemetryGb: 10,
  privateEndpoints: 7,
  privateDnsZones: 6,
  availabilityLocations: 5,
  fastAlerts: 5,
  slowAlerts: 4,
  endpointInstances: 3,
  requestsPerEndpointInstance: 1_600,
};

/** A month's bill in US dollars, by what it is for. */
export interface Bill {
  readonly scoring: number;
  readonly background: number;
  readonly eventHubs: number;
  readonly cosmos: number;
  readonly blob: number;
  readonly telemetry: number;
  readonly watching: number;
  readonly network: number;
}

const HOURS = 730;
const SECONDS = HOURS * 3_600;
const GB = 1e9;
const MILLION = 1e6;
/** Seconds that the trigger waits for a batch, and the events that one instance is meant to take at a time (host.json). */
const BATCH_SECONDS = 2;
const BATCH_EVENTS = 3_500;
/** Seconds between the runs of the timers that run often: two for the spill, one for promotions, one for alerts. */
const TIMERS = [10, 10, 30, 300];
/** Queues that an instance with orchestrations asks once a second: four of control and one of work items. */
const DURABLE_QUEUES = 5;

/**
 * How long in a month an instance is busy. Executions that overlap are paid for once, and a busy stretch counts a second
 * at least, so an instance is busy whenever something arrived within the last second: `1 - exp(-rate)` of the time where
 * arrivals are a Poisson process.
 * @param rate arrivals a second at one instance
 * @returns seconds
 */
export function busySeconds(rate: number): number {
  return SECONDS * -Math.expm1(-rate);
}

/** What the instances of one scale group use in a month, in GB-seconds. */
function group(rate: number, ready: number, needed: number, gb: number) {
  const instances = Math.max(ready, Math.ceil(needed));
  const busy = instances === 0 ? 0 : busySeconds(rate / instances) * gb;
  return { baseline: ready * SECONDS * gb, readyBusy: ready * busy, onDemand: (instances - ready) * busy };
}

/** Instances of a managed endpoint: none of them ever goes away, so they are as many as the peak needs. */
export function endpointCost(rate: number, deployment: Deployment, prices: Prices): number {
  const forPeak = Math.ceil((rate * deployment.peak) / deployment.requestsPerEndpointInstance);
  return Math.max(deployment.endpointInstances, forPeak) * HOURS * prices.perEndpointInstanceHour;
}

/**
 * The model of a month's bill.
 * @param rate requests a second on average, one transaction each
 */
export function monthlyBill(rate: number, deployment: Deployment, prices: Prices): Bill {
  const { instanceGb, partitions } = deployment;
  const requests = rate * SECONDS;
  /** A partition is appended to once a batch; below that rate, once an event. */
  const appends = Math.min(requests, (partitions * SECONDS) / BATCH_SECONDS);
  const timerRuns = TIMERS.reduce((sum, seconds) => sum + SECONDS / seconds, 0);

  const http = group(rate, deployment.httpAlwaysReady, rate / deployment.requestsPerInstance, instanceGb);
  const collected = (rate * BATCH_SECONDS) / BATCH_EVENTS;
  const collect = group(appends / SECONDS, deployment.collectAlwaysReady, collected, instanceGb);
  const durable = group(0, deployment.durableAlwaysReady, 0, instanceGb);
  // Every timer has instances of its own, on demand, and each of its runs counts a second.
  const timers = { baseline: 0, readyBusy: 0, onDemand: timerRuns * instanceGb };
  const cost = (
    uses: readonly ReturnType<typeof group>[],
    runs: number,
    free = { gbSeconds: 0, runs: 0 },
  ) => {
    const sum = (member: keyof ReturnType<typeof group>) =>
      uses.reduce((total, use) => total + use[member], 0);
    return (
      sum('baseline') * prices.alwaysReadyBaselinePerGbSecond +
      sum('readyBusy') * prices.alwaysReadyExecutionPerGbSecond +
      Math.max(0, sum('onDemand') - free.gbSeconds) * prices.onDemandPerGbSecond +
      (Math.max(0, runs - free.runs) / MILLION) * prices.perMillionExecutions
    );
  };
  // What is free is used up by the timers.
  const free = { gbSeconds: prices.freeOnDemandGbSeconds, runs: prices.freeOnDemandExecutions };

  const units = Math.max(1, Math.ceil((rate * deployment.peak) / 1_000));
  const requestUnits = Math.max(
    deployment.cosmosMaxThroughput / 10,
    (appends / SECONDS) * deployment.requestUnitsPerAppend,
  );
  const storedGb = (requests * deployment.bytesPerPrediction * deployment.monthsKept) / GB;
  const telemetryGb =
    deployment.idleTelemetryGb + (requests * deployment.telemetryShare * deployment.bytesOfTelemetry) / GB;
  const queueCalls = deployment.durableAlwaysReady * DURABLE_QUEUES * SECONDS;
  return {
    scoring: cost([http], requests),
    background:
      cost([collect, durable], appends) +
      cost([timers], timerRuns, free) +
      (queueCalls / 1e4) * prices.per10kQueueCalls,
    eventHubs: units * HOURS * prices.perThroughputUnitHour + (requests / MILLION) * prices.perMillionEvents,
    cosmos: (requestUnits / 100) * HOURS * prices.per100RequestUnitsHour * deployment.cosmosRegions,
    // The host writes a checkpoint for every append.
    blob:
      storedGb * prices.perGbMonthGeoZoneRedundant +
      (appends / 1e4) * (prices.per10kWritesGeoZoneRedundant + prices.per10kWritesZoneRedundant),
    telemetry: Math.max(0, telemetryGb - prices.freeGbIngested) * prices.perGbIngested,
    watching:
      (SECONDS / 300) * deployment.availabilityLocations * prices.perAvailabilityTest +
      deployment.fastAlerts * prices.perLogAlertEvery5Minutes +
      deployment.slowAlerts * prices.perLogAlertEvery15Minutes,
    network:
      deployment.privateEndpoints * HOURS * prices.perPrivateEndpointHour +
      deployment.privateDnsZones * prices.perPrivateDnsZoneMonth,
  };
}

/** The sum of a bill, in US dollars. */
export function totalOf(bill: Bill): number {
  const amounts: readonly number[] = Object.values(bill);
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
