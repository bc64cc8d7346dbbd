import type { App } from '../shared/app.ts';
import { messageOf } from '../shared/failure.ts';
import { readLineage } from '../shared/lineage/read-lineage.ts';
import { readVerified } from '../shared/registry/model-folder.ts';
import type { RunRow } from '../shared/training/run-record.ts';

/** More than a crash run makes. */
const MOST = 1_000;

/** What must hold of a run that has ended: one version, whole and with its history, and one promotion at most. */
export async function faultsOfRun(app: App, model: string, runId: string): Promise<string[]> {
  const run = await app.retraining.runs.read(model, runId);
  if (run === undefined) return [`run ${runId} is gone`];
  if (run.status !== 'registered') return [`run ${runId} has ended as ${run.status}: ${run.error ?? ''}`];
  const faults = await Promise.all([
    faultsOfVersion(app, run),
    faultsOfLineage(app, run),
    faultsOfPromotions(app, run),
  ]);
  return [...faultsOfTrials(run), ...faults.flat()];
}

function faultsOfTrials({ runId, trials }: RunRow): string[] {
  const names = trials.map(({ rung, trial }) => `${trial} of rung ${rung}`);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  const failed = trials.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return [
    ...twice.map((name) => `run ${runId} has trial ${name} twice`),
    ...failed.map((error) => `run ${runId} has a trial that failed: ${error}`),
  ];
}

async function faultsOfVersion(app: App, { model, runId, version }: RunRow): Promise<string[]> {
  const { items } = await app.registry.versions(model, MOST);
  const own = items.filter(({ createdBy }) => createdBy.run === runId);
  const row = own.find((one) => one.version === version);
  const numbers = own.map((one) => one.version).join(', ');
  if (own.length !== 1 || row === undefined)
    return [`run ${runId} says version ${version}, and has registered ${numbers || 'none'}`];
  const unread = await Promise.all(
    row.files.map(({ name }) => readVerified(app.models, row, name).then(() => [], whyOf)),
  );
  return unread.flat();
}

async function faultsOfLineage(app: App, { model, runId, version = '' }: RunRow): Promise<string[]> {
  const events = await app.lineage.eventsOf(model, runId);
  const types = events.map(({ eventType }) => eventType).join(', ');
  const graph = await readLineage(app, model, version);
  const missing = ['dataset', 'run', 'trial', 'version'].filter(
    (type) => !graph.nodes.some((node) => node.type === type),
  );
  return [
    ...(types === 'START, COMPLETE' ? [] : [`run ${runId} has the events ${types || 'none'}`]),
    ...missing.map((type) => `the lineage of version ${version} has no ${type}`),
  ];
}

async function faultsOfPromotions(app: App, run: RunRow): Promise<string[]> {
  const { model, runId, version, promotionId, plannedPromotion } = run;
  const all = await app.promotions.store.list(model, MOST, undefined);
  const own = all.filter((promotion) => promotion.version === version);
  const ids = own.map((promotion) => promotion.promotionId).join(', ');
  if (promotionId !== undefined && ids !== promotionId)
    return [`run ${runId} says promotion ${promotionId}, and there are ${ids || 'none'}`];
  return own.some((promotion) => promotion.promotionId !== plannedPromotion)
    ? [`version ${version} has promotions that run ${runId} did not start: ${ids}`]
    : [];
}

function whyOf(error: unknown): string[] {
  return [messageOf(error)];
}
