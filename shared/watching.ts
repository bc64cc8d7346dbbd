import type { DriftParts } from './drift/check.ts';
import { inputDrift } from './drift/read-reports.ts';
import { readWindow } from './drift/read-window.ts';
import { ReportStore } from './drift/report-store.ts';
import type { SummariseParts } from './drift/summarise.ts';
import { FleetMetrics } from './metrics/fleet-metrics.ts';
import { RecentPerformance } from './metrics/recent-windows.ts';
import { outcomeRules } from './outcomes/measure-windows.ts';
import type { PerformanceParts } from './outcomes/performance.ts';
import { heldOutMetrics, type WindowOutcomeParts, windowOutcomes } from './outcomes/window-outcomes.ts';
import type { PromotionStore } from './promotion/store.ts';
import { readVerified } from './registry/model-folder.ts';
import type { Blobs, Documents } from './registry/ports.ts';
import type { Registry } from './registry/registry.ts';
import type { RollupRows } from './rollups/ports.ts';
import { parseEvaluation } from './training/evaluation/card.ts';
import { newestDefinition } from './training/model-definition-file.ts';
import { Baselines } from './training/version-baseline.ts';

/** What watches models while they serve. */
export interface Watching {
  readonly performance: PerformanceParts & WindowOutcomeParts;
  readonly metrics: FleetMetrics;
  /** The log's histograms, for those who make and read them. */
  readonly summarising: SummariseParts;
  readonly drift: DriftParts;
}

/** What the watching is made of. */
export interface WatchingSources {
  readonly registry: Registry;
  readonly models: Blobs;
  readonly datasets: Blobs;
  readonly documents: Documents;
  readonly logs: PerformanceParts['logs'] & Pick<SummariseParts, 'predictions'>;
  readonly histograms: SummariseParts['histograms'];
  readonly reports: Blobs;
  readonly rollups: RollupRows;
  readonly promotions: PromotionStore;
  readonly now: () => number;
  readonly report: (message: string, error?: unknown) => void;
}

/** Wires drift, performance and metrics, which ask each other: the part of the composition root that only they need. */
export function watchingOf(sources: WatchingSources): Watching {
  const { registry, models, datasets, documents, logs, rollups, promotions, now, report } = sources;
  const baselines = new Baselines({ registry, models, datasets, report });
  const baselineOf: SummariseParts['baselineOf'] = (model, version) => baselines.of(model, version);
  const summarising = { predictions: logs.predictions, histograms: sources.histograms, baselineOf };
  const reports = new ReportStore(documents, sources.reports);
  const performance: Watching['performance'] = {
    logs,
    inputDrift: (model) => inputDrift(reports, model),
    rulesOf: async (model) => outcomeRules(await newestDefinition(registry, models, model)),
    heldOutOf: async (model, version) => {
      const row = await registry.version(model, version);
      return row === undefined
        ? {}
        : heldOutMetrics(parseEvaluation(await readVerified(models, row, 'evaluation.json')));
    },
    time: Date.now,
  };
  return {
    performance,
    metrics: new FleetMetrics({
      registry,
      rollups,
      promotions,
      performance: new RecentPerformance(performance, now, report),
      latestDrift: async (model) => (await reports.list(model, 1))[0],
      time: Date.now,
      now,
    }),
    summarising,
    drift: {
      registry,
      models,
      reports,
      baselineOf,
      windowOf: (model, version, { from, to }) => readWindow(summarising, model, version, from, to),
      outcomesOf: (model, version, window) => windowOutcomes(performance, model, version, window),
      time: Date.now,
    },
  };
}
