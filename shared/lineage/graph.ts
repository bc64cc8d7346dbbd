import { z } from 'zod';
import { PHASES } from '../promotion/record.ts';
import type { PromotionView } from '../promotion/view.ts';
import type { DatasetRow } from '../registry/rows.ts';
import { type VersionView, versionViewSchema } from '../registry/views.ts';
import type { TrainingSetManifest } from '../training/training-set-manifest.ts';
import { type ChosenTrial, chosenTrialSchema } from './chosen-trial.ts';
import { eventTypeSchema, type RunEvent } from './run-event.ts';
import { type ServedWindow, servedWindowSchema } from './served-windows.ts';

/** Predictions by the time at which they were made: `[from, to)`. */
const windowNode = { id: z.string(), from: z.iso.datetime(), to: z.iso.datetime() };

const nodeSchema = z.discriminatedUnion('type', [
  z.object({
    id: z.string(),
    type: z.literal('dataset'),
    version: z.string(),
    createdAt: z.iso.datetime(),
    source: z.string(),
    rows: z.int(),
    sha256: z.string(),
  }),
  z.object({
    id: z.string(),
    type: z.literal('run'),
    runId: z.string(),
    learner: z.string(),
    params: z.record(z.string(), z.unknown()),
    seed: z.int(),
    startedAt: z.iso.datetime().optional(),
    endedAt: z.iso.datetime().optional(),
    ended: eventTypeSchema.optional(),
  }),
  z.object({
    ...windowNode,
    type: z.literal('predictions').meta({ description: 'Logged predictions that were trained on' }),
    /** In the training set. */
    used: z.int(),
    positives: z.int(),
  }),
  z.object({
    ...windowNode,
    type: z.literal('labels').meta({ description: 'The labels of these predictions' }),
    asOf: z.iso.datetime().meta({ description: 'Labels that were received later did not count' }),
    maturity: z.string(),
    unlabelled: z.string().meta({ description: 'What a prediction without a label counted as' }),
  }),
  chosenTrialSchema
    .omit({ trial: true })
    .extend({ id: z.string(), type: z.literal('trial'), number: z.int() })
    .meta({ description: 'The trial of the search that the version was made of' }),
  z.object({
    id: z.string(),
    type: z.literal('version'),
    version: z.string(),
    state: versionViewSchema.shape.state,
    createdAt: z.iso.datetime(),
  }),
  z.object({
    id: z.string(),
    type: z.literal('promotion'),
    promotionId: z.string(),
    phase: z.enum(PHASES),
    champion: z.string(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().optional(),
  }),
  servedWindowSchema
    .extend({ id: z.string(), type: z.literal('served') })
    .meta({ description: 'Predictions that the version served' }),
]);

/** Where a version came from, and where it went. Edges point the way that time goes. */
export const lineageGraphSchema = z
  .object({
    nodes: z.array(nodeSchema),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
  })
  .meta({ id: 'Lineage' });
export type LineageGraph = z.infer<typeof lineageGraphSchema>;

/** What is on record of a version. */
export interface LineageFacts {
  readonly version: VersionView;
  readonly datasets: readonly DatasetRow[];
  /** Of the run that made it; none where it was made before events were recorded. */
  readonly events: readonly RunEvent[];
  /** What its run had chosen it from. */
  readonly trial?: ChosenTrial | undefined;
  /** The run's training set, where it has one. */
  readonly trainingSet?: TrainingSetManifest | undefined;
  /** Those that it was the candidate of. */
  readonly promotions: readonly PromotionView[];
  readonly served: readonly ServedWindow[];
}

/**
 * The graph of a version: data sets and windows of the logs → run → trial → version → promotions → what it served. A run
 * without a search has no trial.
 */
export function lineageGraph(facts: LineageFacts): LineageGraph {
  const { version, datasets, trial, trainingSet, promotions, served } = facts;
  const { run: runId } = version.createdBy;
  const ids = { run: `run:${runId}`, trial: `trial:${trial?.trial}`, version: `version:${version.version}` };
  const inputs = [...datasets.map(datasetNode), ...collectedNodes(trainingSet)];
  const windows = served.map((window, at) => ({
    id: `served:${at + 1}`,
    type: 'served' as const,
    ...window,
  }));
  return {
    nodes: [
      ...inputs,
      runNode(ids.run, facts),
      ...(trial === undefined ? [] : [trialNode(ids.trial, trial)]),
      {
        id: ids.version,
        type: 'version',
        version: version.version,
        state: version.state,
        createdAt: version.createdAt,
      },
      ...promotions.map(promotionNode),
      ...windows,
    ],
    edges: [
      ...inputs.map(({ id }) => ({ from: id, to: ids.run })),
      ...pathOf(trial === undefined ? [ids.run, ids.version] : [ids.run, ids.trial, ids.version]),
      ...promotions.map((view) => ({ from: ids.version, to: promotionNode(view).id })),
      ...windows.map(({ id, promotionId }) => ({
        from: promotionId === undefined ? ids.version : `promotion:${promotionId}`,
        to: id,
      })),
    ],
  };
}

type Node = z.infer<typeof nodeSchema>;

function pathOf(ids: readonly string[]): LineageGraph['edges'] {
  return ids.slice(1).map((to, at) => ({ from: ids[at]!, to }));
}

function datasetNode({ version, createdAt, source, rows, file }: DatasetRow): Node {
  return { id: `dataset:${version}`, type: 'dataset', version, createdAt, source, rows, sha256: file.sha256 };
}

/** What a training set took in of the logs. */
function collectedNodes(trainingSet: TrainingSetManifest | undefined): Node[] {
  if (trainingSet?.predictions === undefined) return [];
  const { asOf, labelling } = trainingSet;
  const { from, to, total } = trainingSet.predictions;
  const { used, positives } = total;
  return [
    { id: 'predictions', type: 'predictions', from, to, used, positives },
    { id: 'labels', type: 'labels', from, to, asOf, ...labelling },
  ];
}

function runNode(id: string, { version, events }: LineageFacts): Node {
  const started = events.find(({ eventType }) => eventType === 'START');
  const ended = events.find(({ eventType }) => eventType !== 'START');
  return {
    id,
    type: 'run',
    runId: version.createdBy.run,
    learner: version.learner,
    params: version.params,
    seed: version.seed,
    ...(started === undefined ? {} : { startedAt: started.eventTime }),
    ...(ended === undefined ? {} : { endedAt: ended.eventTime, ended: ended.eventType }),
  };
}

function trialNode(id: string, { trial: number, ...found }: ChosenTrial): Node {
  return { id, type: 'trial', number, ...found };
}

function promotionNode({ promotionId, phase, champion, startedAt, endedAt }: PromotionView): Node {
  return {
    id: `promotion:${promotionId}`,
    type: 'promotion',
    promotionId,
    phase,
    champion,
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
