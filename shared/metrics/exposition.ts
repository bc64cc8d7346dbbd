import { AggregatorRegistry, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Where it differs from the metric's: the parts of a histogram. */
  readonly metricName?: string;
}

/** A metric with all its samples. */
export interface Metric {
  /** In the base unit of what it measures, which its name ends in; `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Metrics as Prometheus reads them (text exposition format 0.0.4); one without samples is left out. */
export async function exposition(metrics: readonly Metric[]): Promise<string> {
  const known = metrics.filter(({ values }) => values.length > 0);
  return AggregatorRegistry.aggregate([
    known.map((metric) => ({ ...metric, aggregator: 'first' })),
  ]).metrics();
}

/**
 * The samples of a histogram of one set of labels.
 * @param counts of each bucket by itself, the last one without an upper edge
 */
export function histogramSamples(
  name: string,
  labels: Labels,
  edges: readonly number[],
  { counts, sum }: { readonly counts: readonly number[]; readonly sum: number },
): Sample[] {
  let count = 0;
  const buckets = counts.map((inBucket, bucket): Sample => {
    count += inBucket;
    const le = edges[bucket] === undefined ? '+Inf' : String(edges[bucket]);
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
