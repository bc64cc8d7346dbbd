import type { DriftReport } from '../drift/report.ts';
import type { PerformanceWindow } from '../outcomes/performance-view.ts';
import { PERFORMANCE_METRICS, type PerformanceMetrics } from '../outcomes/realised.ts';
import { quantileBucket } from '../promotion/bucket-counts.ts';
import { PHASES, type PromotionRow } from '../promotion/record.ts';
import { bucketScore } from '../promotion/score-buckets.ts';
import type { TrafficRow } from '../registry/rows.ts';
import { MINUTE_MS } from '../rollups/minute-row.ts';
import { sumByVersion } from '../rollups/read.ts';
import { histogramSamples, type Metric, type Sample } from './exposition.ts';
import { LATENCY_EDGES } from './latency-histogram.ts';
import type { ModelCounts } from './read-totals.ts';

/** All that is known of one model. */
export interface ModelFacts {
  readonly traffic: TrafficRow;
  readonly counts: ModelCounts;
  /** The newest. */
  readonly promotion: PromotionRow | undefined;
  /** Of the last 24 hours, and of the last 24 whose labels have matured: one entry per version. */
  readonly performance:
    | { readonly recent: readonly PerformanceWindow[]; readonly matured: readonly PerformanceWindow[] }
    | undefined;
  readonly drift: Pick<DriftReport, 'version' | 'alarm' | 'columns'> | undefined;
}

const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
const SCORE_MINUTES = 5;
/** Columns whose drift is published, in the order of their ranks. */
const MAX_COLUMNS = 100;
const DURATION = 'tollgate_request_duration_seconds';

/**
 * What is published of all models. Labels are models, versions (the last 40 of a model that had requests), and names that
 * this code or a model's folder lists: their number does not grow with traffic.
 * @param now milliseconds since 1970-01-01T00:00Z
 */
export function modelMetrics(models: readonly ModelFacts[], now: number): Metric[] {
  const of = (samples: (facts: ModelFacts, model: string) => readonly Sample[]): Sample[] =>
    models.flatMap((facts) => samples(facts, facts.traffic.model));
  return [
    counter('tollgate_requests_total', 'Requests by what became of them', of(requestSamples)),
    counter('tollgate_decisions_total', 'Decisions of the version that was asked', of(decisionSamples)),
    {
      name: DURATION,
      help: 'Time from the arrival of a request to its prediction',
      type: 'histogram',
      values: of(latencySamples),
    },
    gauge(
      'tollgate_score_quantile',
      `Quantiles of the scores of the last ${SCORE_MINUTES} minutes`,
      of((facts, model) => quantileSamples(facts, model, now)),
    ),
    gauge('tollgate_traffic_ratio', 'Share of the accounts that a version serves', of(trafficSamples)),
    gauge('tollgate_promotion_phase', '1 for the phase that the newest promotion is in', of(phaseSamples)),
    gauge(
      'tollgate_label_coverage_ratio',
      'Share of the predictions of the last 24 matured hours that have a label',
      of(coverageSamples),
    ),
    gauge(
      'tollgate_model_performance',
      'Performance in the last 24 hours whose labels have matured',
      of(({ performance }, model) => metricSamples(model, performance?.matured ?? [], (window) => window)),
    ),
    gauge(
      'tollgate_model_performance_estimated',
      'What the scores of the last 24 hours lead to expect',
      of(({ performance }, model) =>
        metricSamples(model, performance?.recent ?? [], ({ estimated }) => estimated ?? {}),
      ),
    ),
    gauge(
      'tollgate_drift_score',
      'Drift score of a column in the newest report',
      of((facts, model) => driftSamples(facts, model, ({ driftScore }) => driftScore)),
    ),
    gauge(
      'tollgate_drift_detected',
      '1 for a column that the newest report says has drifted',
      of((facts, model) => driftSamples(facts, model, ({ drifted }) => Number(drifted))),
    ),
    gauge(
      'tollgate_drift_alarm',
      '1 where the newest drift report raises the alarm',
      of(({ drift }, model) =>
        drift === undefined
          ? []
          : [{ labels: { model, version: drift.version }, value: Number(drift.alarm) }],
      ),
    ),
    gauge('tollgate_metrics_timestamp_seconds', 'When these figures were put together', [
      { labels: {}, value: now / 1_000 },
    ]),
  ];
}

const OUTCOME_NAMES = {
  ok: 'ok',
  error: 'error',
  fallback: 'fallback',
  pinned: 'pinned',
  pinnedError: 'pinned_error',
  replayed: 'replayed',
} as const;

function requestSamples({ counts }: ModelFacts, model: string): Sample[] {
  return counts.series.flatMap(({ version, variant, counts: requests }) =>
    Object.entries(requests).map(([outcome, value]) => ({
      labels: { model, version, variant, outcome: nameOf(outcome) },
      value,
    })),
  );
}

function nameOf(outcome: string): string {
  return Object.entries(OUTCOME_NAMES).find(([name]) => name === outcome)?.[1] ?? outcome;
}

function decisionSamples({ counts }: ModelFacts, model: string): Sample[] {
  return counts.series.flatMap(({ version, variant, decisions }) =>
    Object.entries(decisions).map(([decision, value]) => ({
      labels: { model, version, variant, decision },
      value,
    })),
  );
}

function latencySamples({ counts }: ModelFacts, model: string): Sample[] {
  return counts.series.flatMap(({ version, variant, latency }) =>
    histogramSamples(DURATION, { model, version, variant }, LATENCY_EDGES, latency),
  );
}

function quantileSamples({ counts }: ModelFacts, model: string, now: number): Sample[] {
  const recent = counts.rows.filter(({ minute }) => minute > now - (SCORE_MINUTES + 1) * MINUTE_MS);
  return sumByVersion(recent).flatMap(({ version, variant, sums }) =>
    QUANTILES.flatMap((quantile) => {
      const bucket = quantileBucket(sums.scores, quantile);
      const labels = { model, version, variant, quantile: String(quantile) };
      return bucket === undefined ? [] : [{ labels, value: bucketScore(bucket) }];
    }),
  );
}

function trafficSamples({ traffic: { champion, canary, shadow } }: ModelFacts, model: string): Sample[] {
  const share = (canary?.percent ?? 0) / 100;
  const sample = (version: string, role: string, value: number) => ({
    labels: { model, version, role },
    value,
  });
  return [
    sample(champion.version, 'champion', 1 - share),
    ...(canary === null ? [] : [sample(canary.version, 'canary', share)]),
    ...(shadow === null ? [] : [sample(shadow.version, 'shadow', 0)]),
  ];
}

function phaseSamples({ promotion }: ModelFacts, model: string): Sample[] {
  if (promotion === undefined) return [];
  const { version, state } = promotion;
  return PHASES.map((phase) => ({
    labels: { model, version, phase },
    value: Number(phase === state.situation.phase),
  }));
}

function coverageSamples({ performance }: ModelFacts, model: string): Sample[] {
  return (performance?.matured ?? []).map(({ version, coverage }) => ({
    labels: { model, version },
    value: coverage,
  }));
}

function metricSamples(
  model: string,
  windows: readonly PerformanceWindow[],
  metricsOf: (window: PerformanceWindow) => PerformanceMetrics,
): Sample[] {
  return windows.flatMap((window) => {
    const metrics = metricsOf(window);
    return PERFORMANCE_METRICS.flatMap((metric) => {
      const value = metrics[metric];
      return value === undefined ? [] : [{ labels: { model, version: window.version, metric }, value }];
    });
  });
}

function driftSamples(
  { drift }: ModelFacts,
  model: string,
  valueOf: (column: DriftReport['columns'][number]) => number,
): Sample[] {
  if (drift === undefined) return [];
  const { version, columns } = drift;
  return columns.slice(0, MAX_COLUMNS).map((one) => ({
    labels: { model, version, column: one.column, role: one.role },
    value: valueOf(one),
  }));
}

function counter(name: string, help: string, values: readonly Sample[]): Metric {
  return { name, help, type: 'counter', values };
}

function gauge(name: string, help: string, values: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', values };
}
