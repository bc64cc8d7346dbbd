import { compileContract } from '../features/compile.ts';
import { parseContract } from '../features/contract.ts';
import { openScorer } from '../onnx/scorer.ts';
import { compareWithChampion } from './evaluation/compare.ts';
import type { Comparison } from './evaluation/compare.ts';
import { failuresOf } from './expectations/report.ts';
import { runSuite } from './expectations/run-suite.ts';
import { openCsvTable } from './csv-table.ts';
import { prepareRows } from './evaluation/evaluate.ts';
import { rowKey, unseenRows } from './evaluation/unseen-rows.ts';
import { defaultHoldOut, type HoldOut, parseHoldOut } from './hold-out.ts';
import { type LabelledRows, readLabelledRows } from './labelled-rows.ts';
import type { FitProgress } from './learner.ts';
import type {
  ChampionParts,
  DataJob,
  ExpectationsJob,
  RetrainDone,
  RetrainJob,
  TrialJob,
  VersionJob,
} from './retrain-job.ts';
import { type Candidate, divide, partOf, pick, trainModel } from './train-model.ts';
import type { SearchDone, SearchJob, SearchRows } from './search-job.ts';
import { searchRows } from './search-rows.ts';
import { runTrial } from './trial.ts';

const THREADS = 2;
const PIECE_BYTES = 64 * 1024;

/**
 * Does a job of a retrain.
 * @param onProgress hears how far a fit is
 * @throws whatever the learners, `trainModel`, `readLabelledRows` and `onProgress` throw
 */
export async function runRetrainJob(job: RetrainJob, onProgress?: FitProgress): Promise<RetrainDone> {
  if (job.kind === 'expectations') return expectationsDone(job);
  const { data, split } = readRows(job);
  if (job.kind === 'version') return versionDone(job, data, split, onProgress);
  return trialDone(job, searchRows(job.definition, data, split), THREADS, onProgress);
}

/** Does a job of a search that is carried out in one go. @throws as `runRetrainJob` */
export async function runSearchJob(job: SearchJob, onProgress?: FitProgress): Promise<SearchDone> {
  if (job.kind === 'fit') return trialDone(job, job.rows, job.threads, onProgress);
  const { data, split } = readRows(job);
  return { kind: 'rows', count: data.rows.length, rows: searchRows(job.definition, data, split) };
}

function readRows({ definition, bytes, delimiter, split: text }: DataJob) {
  const split = text === undefined ? defaultHoldOut(definition) : parseHoldOut(text);
  const extra = split.by === 'column' ? split.column : undefined;
  return { split, data: readLabelledRows(compileContract(definition), bytes, delimiter, extra) };
}

async function expectationsDone({ definition, suite, bytes, delimiter }: ExpectationsJob) {
  const table = await openCsvTable(piecesOf(bytes), () => delimiter);
  const report = await runSuite(suite, table, definition.columns);
  return { kind: 'expectations' as const, failed: failuresOf(report), report: JSON.stringify(report) };
}

async function trialDone(
  { trial, share, rowSeed }: Pick<TrialJob, 'trial' | 'share' | 'rowSeed'>,
  rows: SearchRows,
  threads: number,
  onProgress: FitProgress | undefined,
) {
  const { metrics, seconds } = await runTrial(trial, rows, share, { rowSeed, threads, onProgress });
  return { kind: 'trial' as const, seconds, metrics: finite({ ...metrics }) };
}

async function versionDone(
  { definition, trial, dataset, champion, suite, recent, threads = THREADS }: VersionJob,
  data: LabelledRows,
  split: HoldOut,
  onProgress: FitProgress | undefined,
) {
  const { learner, params, seed } = trial;
  const {
    metrics,
    rows,
    params: found,
    gates,
    files,
    fitSeconds,
  } = await trainModel({
    definition,
    data,
    split,
    learner,
    params,
    seed,
    threads,
    calibrated: true,
    dataset,
    suite,
    ...(recent === undefined ? {} : { recent }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(champion === undefined
      ? {}
      : { compare: (candidate: Candidate) => compareOnUnseen(candidate, data, champion, seed) }),
  });
  const done = {
    metrics: finite({ ...metrics }),
    rows,
    fitSeconds,
    params: { ...found },
    gates: [...gates],
    files: new Map(files),
  };
  return { kind: 'version' as const, ...done };
}

/**
 * Compares a candidate with the champion on those of its held-out rows that the champion was not trained on either.
 * @returns undefined where there is no such row
 */
export async function compareOnUnseen(
  candidate: Candidate,
  data: LabelledRows,
  champion: ChampionParts,
  seed: number,
): Promise<Comparison | undefined> {
  const { contract, heldOut, p } = candidate;
  const split = parseHoldOut(champion.split);
  const extra = split.by === 'column' ? split.column : undefined;
  const before = readLabelledRows(contract, champion.bytes, champion.delimiter, extra);
  const seen = new Set(
    pick(before, divide(split, contract, before).training).map((row) => rowKey(contract, row)),
  );
  const places = unseenRows(contract, pick(data, heldOut), seen);
  if (places.length === 0) return undefined;
  const numbers = places.map((place) => heldOut[place]!);
  const rows = pick(data, numbers);
  const y = Uint8Array.from(numbers, (row) => data.labels[row]!);
  const own = compileContract(parseContract(champion.contract));
  const scorer = await openScorer(champion.onnx, own.width);
  try {
    const { x } = partOf(own, data, numbers);
    const theirs = Float64Array.from(await scorer.score(x.values, x.rows));
    const mine = Float64Array.from(places, (place) => p[place]!);
    const { clusters, measurable, resamples } = prepareRows({ contract, rows, y });
    const policy = contract.contract.policy;
    return compareWithChampion(
      y,
      { ...measurable(mine, policy), p: mine },
      { ...measurable(theirs, own.contract.policy), p: theirs, version: champion.version },
      { clusters, resamples, seed },
    );
  } finally {
    await scorer.close();
  }
}

/** Pieces that the reader of a file would get: one of them at a time becomes rows. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Without figures that one class alone does not define. */
function finite(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
