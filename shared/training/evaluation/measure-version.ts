import type { CompiledContract } from '../../features/compile.ts';
import type { ModelDefinition } from '../../features/definition.ts';
import type { CheckedRow } from '../../features/row-values.ts';
import { milliseconds } from '../../promotion/duration.ts';
import type { LabelledMatrix } from '../matrix.ts';
import { championGates } from './champion-gates.ts';
import { DEFAULT_COSTS } from './costs.ts';
import { evaluate } from './evaluate.ts';
import type { Evaluation } from './evaluation-schema.ts';
import type { GateResult } from './gate-results.ts';
import { ownGates } from './own-gates.ts';
import { singleFeatures } from './single-features.ts';
import { DEFAULT_TRAINING_GATES } from './training-gates.ts';

/** Rows as they were checked, and as the model sees them. */
export interface EvaluatedPart {
  readonly rows: readonly CheckedRow[];
  readonly matrix: LabelledMatrix;
}

export interface MeasuredVersion {
  readonly definition: Pick<ModelDefinition, 'costs' | 'card'> & {
    readonly labelling?: Pick<NonNullable<ModelDefinition['labelling']>, 'maturity'> | undefined;
  };
  readonly contract: CompiledContract;
  readonly training: EvaluatedPart;
  readonly heldOut: EvaluatedPart;
  /** Probabilities of the held-out rows. */
  readonly p: Float64Array;
  readonly seed: number;
}

/** The part of `evaluation.json` that says how good a version is. */
export type Measures = Pick<
  Evaluation,
  | 'positives'
  | 'spans'
  | 'intervals'
  | 'resampling'
  | 'costs'
  | 'maturity'
  | 'segments'
  | 'singleFeatures'
  | 'use'
>;

/** Measures a version on its held-out rows. The same for the same rows, probabilities and seed. */
export function measureVersion({
  definition,
  contract,
  training,
  heldOut,
  p,
  seed,
}: MeasuredVersion): Measures {
  const costs = definition.costs ?? DEFAULT_COSTS;
  const { metrics, segments, resampling } = evaluate(
    {
      contract,
      rows: heldOut.rows,
      y: heldOut.matrix.y,
      costs,
      earlier: { rows: training.rows, y: training.matrix.y },
      maturityMs: definition.labelling === undefined ? 0 : milliseconds(definition.labelling.maturity),
    },
    p,
    seed,
  );
  return {
    positives: { training: positivesOf(training), heldOut: positivesOf(heldOut) },
    spans: { ...spanOf('training', training, contract), ...spanOf('heldOut', heldOut, contract) },
    intervals: metrics,
    resampling,
    costs,
    ...(definition.labelling === undefined ? {} : { maturity: definition.labelling.maturity }),
    segments,
    singleFeatures: singleFeatures(training.matrix, heldOut.matrix, contract.featureNames),
    ...(definition.card === undefined ? {} : { use: definition.card }),
  };
}

/** What the gates of a model folder say of the recorded facts. */
export function judge(
  facts: Parameters<typeof ownGates>[0] & Pick<Evaluation, 'comparison'>,
  definition: Pick<ModelDefinition, 'trainingGates' | 'limits'>,
): GateResult[] {
  const gates = definition.trainingGates ?? DEFAULT_TRAINING_GATES;
  const maxRowMs = definition.limits?.maxRowMs ?? DEFAULT_ROW_MS;
  return [...championGates(facts.comparison, gates.champion), ...ownGates(facts, gates, maxRowMs)];
}

/** What a worker's warm-up allows where the model folder names nothing. */
const DEFAULT_ROW_MS = 10;

function positivesOf({ matrix }: EvaluatedPart): number {
  return matrix.y.reduce((sum, label) => sum + label, 0);
}

function spanOf(
  part: 'training' | 'heldOut',
  { rows }: EvaluatedPart,
  contract: CompiledContract,
): NonNullable<Measures['spans']> {
  let [from, to] = [Infinity, -Infinity];
  for (const row of rows) {
    const time = contract.eventTime(row);
    if (time === undefined) continue;
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  if (from > to) return {};
  return { [part]: { from: new Date(from).toISOString(), to: new Date(to).toISOString() } };
}
