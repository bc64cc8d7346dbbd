import type { App } from '../shared/app.ts';
import { type CompiledContract, compileContract } from '../shared/features/compile.ts';
import type { CheckedRow } from '../shared/features/row-values.ts';
import { openScorer, type Scorer } from '../shared/onnx/scorer.ts';
import { type ModelFiles, readModelFiles } from '../shared/registry/model-folder.ts';
import { loadModel, SINGLE_ROW_BUDGET_MS } from '../shared/scoring/load-model.ts';
import { championOf, registerCopy } from './copied-version.ts';
import { slowGraph, throwingGraph } from './faulty-graph.ts';
import { bandOf, thresholdFor } from './score-bands.ts';

export const FAULTS = ['throws', 'slow', 'blocks'] as const;

/** What is wrong with a version that is otherwise the champion. */
export type Fault =
  /** Scoring fails on this share of the rows. */
  | { readonly kind: 'throws'; readonly share: number }
  /** A run of a single row takes so many times as long: 2 or more. */
  | { readonly kind: 'slow'; readonly factor: number }
  /** So many times as many rows are blocked. */
  | { readonly kind: 'blocks'; readonly factor: number };

export interface FaultyVersion {
  readonly version: string;
  /** The champion that it was made from. */
  readonly champion: string;
  /** What was measured on the rows, or on this machine. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Single-row runs that a calibration takes the median of. */
const TIMED_RUNS = 301;
/** What is tried first, and how often, and by how much at most, it is corrected by what was measured. */
const FIRST_OPERATORS = 100;
const CORRECTIONS = 3;
const MOST_CORRECTION = 4;

/**
 * Registers a version that has the champion's files but for one fault, and that a worker loads like any other.
 * @param rows of the population that will be scored, read by the champion's contract: they say which scores are how
 * frequent
 * @throws Error where there is no champion, or a worker would refuse the version
 */
export async function registerFaulty(
  app: App,
  model: string,
  fault: Fault,
  rows: (contract: CompiledContract) => readonly CheckedRow[],
): Promise<FaultyVersion> {
  const champion = await championOf(app, model);
  const files = await readModelFiles(app.models, champion);
  const { changed, figures } = await madeFaulty(files, fault, rows);
  await (await loadModel(model, champion.version, { ...files, ...changed })).scorer.close();
  const title = `${champion.title} (made faulty: ${fault.kind})`;
  const version = await registerCopy(app, champion, filesOf(changed), title);
  return { version, champion: champion.version, figures };
}

interface MadeFaulty {
  readonly changed: Partial<ModelFiles>;
  readonly figures: Readonly<Record<string, number>>;
}

async function madeFaulty(
  files: ModelFiles,
  fault: Fault,
  rows: (contract: CompiledContract) => readonly CheckedRow[],
): Promise<MadeFaulty> {
  const contract = compileContract(files.contract);
  const scorer = await openScorer(files.onnx, contract.width);
  try {
    if (fault.kind === 'slow') return await slow(files, scorer, fault.factor);
    const scores = await scoresOf(contract, scorer, rows(contract));
    if (fault.kind === 'blocks') return blocking(files, scores, fault.factor);
    return throwing(files, scores, fault.share, (await scorer.score(new Float32Array(contract.width), 1))[0]);
  } finally {
    await scorer.close();
  }
}

/** The rows of the warm-up, and the samples that are kept, do not fail: a version that cannot be loaded gets no traffic. */
function throwing(
  files: ModelFiles,
  scores: Float32Array,
  share: number,
  ofNothing = Number.NaN,
): MadeFaulty {
  const band = bandOf(scores, share, ofNothing);
  const samples = files.samples.filter(({ score }) => score < band.from || score >= band.to);
  return { changed: { onnx: throwingGraph(files.onnx, band), samples }, figures: { ...band } };
}

function blocking({ contract }: ModelFiles, scores: Float32Array, factor: number): MadeFaulty {
  const { review, block } = contract.policy;
  const championShare = scores.filter((score) => score >= block).length / scores.length;
  const found = thresholdFor(scores, championShare * factor);
  const policy = { review: Math.min(review, found.score), block: found.score };
  return {
    changed: { contract: { ...contract, policy } },
    figures: { championShare, share: found.share, threshold: found.score },
  };
}

async function slow(files: ModelFiles, champion: Scorer, factor: number): Promise<MadeFaulty> {
  const walks = Math.max(1, Math.floor(factor - 1));
  const made = (operators: number) => slowGraph(files.onnx, { walks, operators });
  const walking = await openScorer(made(0), champion.width);
  let operators = FIRST_OPERATORS;
  let [championMs, rowMs] = [0, 0];
  for (let corrections = CORRECTIONS; ; corrections--) {
    // In sequence: each try corrects the one before
    const tried = await openScorer(made(operators), champion.width);
    const [usual = 0, walked = 0, all = 0] = await singleRowTimes([champion, walking, tried]);
    await tried.close();
    [championMs, rowMs] = [usual, all];
    if (corrections === 0 || operators === 0) break;
    const missing = Math.max(0, factor * usual - walked);
    operators = Math.round(
      operators * Math.min(MOST_CORRECTION, missing / Math.max(Number.EPSILON, all - walked)),
    );
  }
  await walking.close();
  const budget = files.contract.limits?.maxRowMs ?? SINGLE_ROW_BUDGET_MS;
  if (rowMs > budget) throw new Error(`A run would take ${rowMs} ms, more than the budget of ${budget} ms`);
  return { changed: { onnx: made(operators) }, figures: { championMs, rowMs, operators, walks } };
}

/** Median times of a run of one row, in milliseconds. The models take turns, so that a busy machine is so for all. */
async function singleRowTimes(scorers: readonly Scorer[]): Promise<number[]> {
  const times = scorers.map((): number[] => []);
  for (let run = 0; run < TIMED_RUNS; run++) {
    for (const [index, scorer] of scorers.entries()) {
      // In sequence: runs compute on this thread, and each is timed
      times[index]?.push((await scorer.timed(new Float32Array(scorer.width), 1)).rowMs);
    }
  }
  return times.map((each) => each.toSorted((a, b) => a - b)[(TIMED_RUNS - 1) / 2] ?? 0);
}

async function scoresOf(
  contract: CompiledContract,
  scorer: Scorer,
  rows: readonly CheckedRow[],
): Promise<Float32Array> {
  const features = new Float32Array(rows.length * contract.width);
  for (const [index, row] of rows.entries()) contract.write(row, features, index * contract.width);
  return scorer.score(features, rows.length);
}

function filesOf({ onnx, contract, samples }: Partial<ModelFiles>): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  if (onnx !== undefined) files.set('model.onnx', onnx);
  if (contract !== undefined) files.set('contract.json', json(contract));
  if (samples !== undefined) files.set('samples.json', json(samples));
  return files;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}
