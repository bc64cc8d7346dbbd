import { type CompiledContract } from '../../features/compile.ts';
import type { CheckedRow } from '../../features/row-values.ts';
import { type CardDays, cardDays, knownSince } from './card-precision.ts';
import { type Clusters, clustersOf, singleRows } from './clusters.ts';
import { type Costs, DEFAULT_COSTS } from './costs.ts';
import { type Interval, percentileInterval } from './interval.ts';
import { type MetricName, METRICS } from './metric-names.ts';
import { rankRows } from './ranked-rows.ts';
import { type Measurable, measureAll, resample } from './resample.ts';
import { type SegmentTable, segmentTable } from './segments.ts';

/** The rows that a version is measured on. */
export interface EvaluationRows {
  readonly contract: CompiledContract;
  readonly rows: readonly CheckedRow[];
  /** 1 for positive, 0 for negative. */
  readonly y: Uint8Array;
  readonly weights?: Float64Array;
  readonly costs?: Costs;
  /** Rows from before, whose positive accounts are known once their labels have matured. */
  readonly earlier?: { readonly rows: readonly CheckedRow[]; readonly y: Uint8Array };
  /** How long a label takes to be certain. Milliseconds; 0 where absent. */
  readonly maturityMs?: number;
}

/** What a version was measured to be. */
export interface Evaluated {
  readonly metrics: Partial<Record<MetricName, Interval>>;
  readonly segments: SegmentTable[];
  readonly resampling: { readonly resamples: number; readonly seed: number; readonly clusters: number };
}

/** Rows prepared for the measuring of any version's scores of them. */
export interface PreparedRows {
  readonly clusters: Clusters;
  readonly measurable: (
    p: Float64Array,
    policy: { readonly review: number; readonly block: number },
  ) => Measurable;
  readonly resamples: number;
}

const RESAMPLES = 1_000;
const LEAST_RESAMPLES = 200;
/** Visits of rows that all resamples together may make: some seconds. */
const MOST_VISITS = 100_000_000;

/** Everything about the rows that does not depend on scores. */
export function prepareRows(source: EvaluationRows): PreparedRows {
  const { contract, rows, y, weights, costs = DEFAULT_COSTS } = source;
  const keys = rows.map((row) => contract.entity(row));
  const clusters = keys.some((key) => key !== undefined) ? clustersOf(keys) : singleRows(rows.length);
  const lossColumn = typeof costs.loss === 'string' ? costs.loss : undefined;
  const losses =
    lossColumn === undefined
      ? undefined
      : Float64Array.from(rows, (row) => numberOf(contract.value(row, lossColumn)) ?? 0);
  const days = daysOf(source, keys, clusters);
  return {
    clusters,
    measurable: (p, policy) => {
      const cards = days?.(p);
      return {
        ranked: rankRows({
          y,
          p,
          policy,
          costs,
          ...(weights === undefined ? {} : { weights }),
          ...(losses === undefined ? {} : { losses }),
        }),
        ...(cards === undefined ? {} : { cards }),
      };
    },
    resamples: Math.min(
      RESAMPLES,
      Math.max(LEAST_RESAMPLES, Math.floor(MOST_VISITS / Math.max(1, rows.length))),
    ),
  };
}

/** Measures a version's scores of the rows. @param p probabilities, one per row */
export function evaluate(source: EvaluationRows, p: Float64Array, seed: number): Evaluated {
  const { contract, rows, y } = source;
  const { policy, columns } = contract.contract;
  const { clusters, measurable, resamples } = prepareRows(source);
  const version = measurable(p, policy);
  const values = measureAll(version);
  const [drawn] = resample([version], { clusters, resamples, seed });
  const metrics: Partial<Record<MetricName, Interval>> = {};
  for (const metric of METRICS) {
    const interval = percentileInterval(values[metric], drawn![metric]);
    if (interval !== undefined) metrics[metric] = interval;
  }
  const segments = columns
    .filter(
      (column) => column.type === 'category' && column.role === undefined && column.ignored === undefined,
    )
    .map(({ name }) => {
      const cells = rows.map((row) => textOf(contract.value(row, name)));
      return segmentTable(name, cells, version.ranked, (row) => p[row]! >= policy.review, y);
    });
  return { metrics, segments, resampling: { resamples, seed, clusters: clusters.count } };
}

/** Where rows have entities and event times: their cards by day, once they are scored. */
function daysOf(
  { contract, rows, y, earlier, maturityMs = 0 }: EvaluationRows,
  keys: readonly (string | undefined)[],
  clusters: Clusters,
): ((p: Float64Array) => CardDays) | undefined {
  const time = Float64Array.from(rows, (row) => contract.eventTime(row) ?? Number.NaN);
  if (keys.every((key) => key === undefined) || time.every(Number.isNaN)) return undefined;
  const card = clusters.of.map((cluster, row) => (keys[row] === undefined ? -1 : cluster));
  const numbers = new Map(keys.map((key, row) => [key, card[row]!]));
  const before = earlier ?? { rows: [], y: new Uint8Array() };
  const known = [
    knownSince(clusters.count, { y, card, time }, maturityMs),
    knownSince(
      clusters.count,
      {
        y: before.y,
        card: Int32Array.from(before.rows, (row) => numbers.get(contract.entity(row)) ?? -1),
        time: Float64Array.from(before.rows, (row) => contract.eventTime(row) ?? Number.NaN),
      },
      maturityMs,
    ),
  ] as const;
  const first = known[0].map((from, index) => Math.min(from, known[1][index]!));
  return (p) => cardDays({ y, p, card, time, knownFrom: first });
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
