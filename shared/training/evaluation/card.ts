import { z } from 'zod';
import type { Contract } from '../../features/contract.ts';
import type { VersionRow } from '../../registry/rows.ts';
import { comparisonSchema } from './compare.ts';
import { type Evaluation, evaluationSchema, labellingSchema } from './evaluation-schema.ts';
import { gateResultSchema } from './gate-results.ts';
import { intendedUseSchema } from './intended-use.ts';
import { intervalSchema } from './interval.ts';
import { METRICS } from './metric-names.ts';
import { segmentTableSchema } from './segments.ts';

const dataSchema = z.object({
  dataset: z.string(),
  sha256: z.string(),
  split: z.string(),
  rows: z.int(),
  positives: z.int().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
});

/**
 * A model card, in the sections of Mitchell et al., "Model cards for model reporting" (2019). Everything in it was
 * recorded when the version was made; what was not recorded is absent.
 */
export const modelCardSchema = z.object({
  details: z.object({
    model: z.string(),
    version: z.string(),
    title: z.string(),
    description: z.string(),
    createdAt: z.string(),
    run: z.string(),
    learner: z.string(),
    params: z.record(z.string(), z.unknown()),
    seed: z.int(),
    features: z.array(z.string()),
    owner: z.string().optional(),
    licence: z.string().optional(),
  }),
  intendedUse: intendedUseSchema
    .unwrap()
    .pick({ intendedUse: true, outOfScope: true })
    .extend({
      policy: z.object({ review: z.number(), block: z.number() }),
    }),
  factors: z.array(z.object({ column: z.string(), description: z.string().optional() })),
  metrics: z.partialRecord(z.enum(METRICS), intervalSchema),
  evaluationData: dataSchema,
  trainingData: dataSchema,
  analyses: z.object({
    segments: z.array(segmentTableSchema),
    importances: z.array(z.object({ feature: z.string(), averagePrecision: z.number() })),
    comparison: comparisonSchema.optional(),
    gates: z.array(gateResultSchema),
  }),
  labelling: labellingSchema.optional(),
  caveats: z.array(z.string()),
});
export type ModelCard = z.infer<typeof modelCardSchema>;

/** What the registry knows of a version before its row is written. */
export type CardFacts = Pick<
  VersionRow,
  'model' | 'version' | 'title' | 'createdAt' | 'createdBy' | 'learner' | 'params' | 'seed' | 'datasetVersion'
>;

/** Makes the card of a version from the files and facts that are recorded of it. */
export function modelCard(facts: CardFacts, contract: Contract, evaluation: Evaluation): ModelCard {
  const { use = {}, rows, positives, spans, split } = evaluation;
  const data = { dataset: facts.datasetVersion, sha256: evaluation.dataset.sha256, split };
  return {
    details: {
      model: facts.model,
      version: facts.version,
      title: facts.title,
      description: contract.description,
      createdAt: facts.createdAt,
      run: facts.createdBy.run,
      learner: facts.learner,
      params: facts.params,
      seed: facts.seed,
      features: [...contract.featureNames],
      ...present({ owner: use.owner, licence: use.licence }),
    },
    intendedUse: {
      ...present({ intendedUse: use.intendedUse, outOfScope: use.outOfScope }),
      policy: { ...contract.policy },
    },
    factors: (evaluation.segments ?? []).map(({ column }) => ({
      column,
      ...present({ description: contract.columns.find(({ name }) => name === column)?.description }),
    })),
    metrics: evaluation.intervals ?? pointsOf(evaluation),
    evaluationData: {
      ...data,
      rows: rows.heldOut,
      ...present({ positives: positives?.heldOut, ...spans?.heldOut }),
    },
    trainingData: {
      ...data,
      rows: rows.training,
      ...present({ positives: positives?.training, ...spans?.training }),
    },
    analyses: {
      segments: evaluation.segments ?? [],
      importances: (evaluation.importances ?? []).map(({ feature, averagePrecision }) => ({
        feature,
        averagePrecision,
      })),
      ...present({ comparison: evaluation.comparison }),
      gates: evaluation.gates ?? [],
    },
    ...present({ labelling: evaluation.labelling }),
    caveats: caveatsOf(contract, evaluation),
  };
}

/** Reads `evaluation.json`, of any version. @throws z.ZodError */
export function parseEvaluation(bytes: Uint8Array): Evaluation {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return evaluationSchema.parse(value);
}

/** Metrics without intervals, of versions that were made before intervals were. */
function pointsOf({ metrics }: Evaluation): ModelCard['metrics'] {
  const points: ModelCard['metrics'] = {};
  for (const metric of METRICS) {
    const value = metrics[metric];
    if (typeof value === 'number') points[metric] = { value };
  }
  return points;
}

/** What to keep in mind, as far as the recorded facts tell. */
function caveatsOf(contract: Contract, evaluation: Evaluation): string[] {
  const { use, segments = [], gates = [], labelling, intervals, positives } = evaluation;
  const caveats = [...(use?.caveats ?? [])];
  const small = segments.flatMap(({ column, segments: parts }) =>
    parts.filter((part) => part.small).map(({ value }) => `${column} = ${value}`),
  );
  if (small.length > 0) {
    caveats.push(`Too few rows were measured to say anything of: ${small.join(', ')}.`);
  }
  if (positives !== undefined && positives.heldOut < FEW_POSITIVES) {
    caveats.push(`Only ${positives.heldOut} held-out rows are positive: every figure is uncertain.`);
  }
  if (intervals === undefined)
    caveats.push('No intervals were recorded: how certain the figures are is not known.');
  for (const { verdict, gate, reason } of gates) {
    if (verdict !== 'pass')
      caveats.push(`${verdict === 'fail' ? 'Failed' : 'Inconclusive'}: ${gate}: ${reason}.`);
  }
  if (labelling !== undefined && labelling.blocked > 0) {
    caveats.push(
      `${labelling.blocked} of ${labelling.predictions} predictions were blocked: their labels are selective, since` +
        ' what would have happened is not known.',
    );
  }
  if (!contract.columns.some(({ role }) => role === 'eventTime')) {
    caveats.push(
      'Rows have no event time, so the figures are for rows of the same period, not for later ones.',
    );
  }
  return caveats;
}

/** Fewer positive rows than this leave intervals too wide to compare versions by. */
const FEW_POSITIVES = 50;

/** Leaves out what is undefined. */
function present<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
