import { z } from 'zod';
import type { PromotionParts } from '../promotion/parts.ts';
import { listPromotions } from '../promotion/read-promotions.ts';
import type { PromotionView } from '../promotion/view.ts';
import type { Catalogue } from '../registry/catalogue.ts';
import type { Registry } from '../registry/registry.ts';
import type { Blobs } from '../registry/ports.ts';
import { versionSchema } from '../registry/rows.ts';
import { readManifest } from '../training/training-set-store.ts';
import type { RunStore } from '../training/run-record.ts';
import { type ChosenTrial, chosenTrial, chosenTrialSchema } from './chosen-trial.ts';
import { datasetName } from './events.ts';
import { type LineageGraph, lineageGraph } from './graph.ts';
import type { LineageLog } from './lineage-log.ts';
import { NAMESPACE, type RunEvent } from './run-event.ts';
import { servedWindows } from './served-windows.ts';

const PAGE = 100;
const versionFacetSchema = z.object({ datasetVersion: versionSchema });

/** Where a version's lineage is on record. */
export interface LineageSources {
  readonly catalogue: Catalogue;
  readonly registry: Registry;
  readonly lineage: LineageLog;
  readonly promotions: PromotionParts;
  readonly retraining: { readonly runs: RunStore };
  /** Blobs of the data sets, among them the training sets of runs. */
  readonly datasets: Blobs;
}

/**
 * The lineage of a version, from what was recorded of it.
 * @throws Failure `not-found`, `unavailable`
 */
export async function readLineage(
  { catalogue, registry, lineage, promotions, retraining, datasets: blobs }: LineageSources,
  model: string,
  version: string,
): Promise<LineageGraph> {
  const view = await catalogue.version(model, version);
  const { run: runId } = view.createdBy;
  const [events, all, trainingSet, run, traffic] = await Promise.all([
    lineage.eventsOf(model, runId),
    allPromotions(promotions, model),
    readManifest(blobs, model, runId),
    retraining.runs.read(model, runId),
    catalogue.traffic(model),
  ]);
  const parts = (trainingSet?.datasets ?? []).map((part) => part.version);
  const named = [...new Set([view.datasetVersion, ...parts, ...inputVersions(model, events)])];
  const datasets = await Promise.all(
    named
      .filter((name) => versionSchema.safeParse(name).success)
      .map((name) => registry.dataset(model, name)),
  );
  return lineageGraph({
    version: view,
    datasets: datasets.filter((row) => row !== undefined),
    events,
    trainingSet,
    trial: run === undefined ? recordedTrial(events) : chosenTrial(run.trials, view),
    promotions: all.filter((promotion) => promotion.version === version),
    served: servedWindows(view, { promotions: all, champion: traffic.row.champion.version }),
  });
}

const trainingFacetSchema = z.object({ trial: chosenTrialSchema });

/** The trial that a run's events name: one that was no retrain has no document. */
function recordedTrial(events: readonly RunEvent[]): ChosenTrial | undefined {
  return events
    .map(({ run }) => trainingFacetSchema.safeParse(run.facets?.['tollgate_training']).data?.trial)
    .find((trial) => trial !== undefined);
}

/** The data set versions that a run's events name as its inputs. */
function inputVersions(model: string, events: readonly RunEvent[]): string[] {
  return events
    .flatMap(({ inputs }) => inputs)
    .filter(({ namespace, name }) => namespace === NAMESPACE && name === datasetName(model))
    .flatMap(({ facets }) => {
      const facet = versionFacetSchema.safeParse(facets?.['version']);
      return facet.success ? [facet.data.datasetVersion] : [];
    });
}

/** The promotions of a model, oldest first. */
async function allPromotions(parts: PromotionParts, model: string): Promise<PromotionView[]> {
  const found: PromotionView[] = [];
  let after: string | undefined;
  do {
    // In sequence: each page says where the next begins
    const { items, next } = await listPromotions(parts, model, PAGE, after);
    found.push(...items);
    after = next;
  } while (after !== undefined);
  return found.toReversed();
}
