import { compileContract } from '../features/compile.ts';
import { fitContract, parseContract } from '../features/contract.ts';
import { openScorer } from '../onnx/scorer.ts';
import { compareWithChampion } from './evaluation/compare.ts';
import type { Comparison } from './evaluation/compare.ts';
import { prepareRows } from './evaluation/evaluate.ts';
import { rowKey, unseenRows } from './evaluation/unseen-rows.ts';
import { defaultHoldOut, parseHoldOut } from './hold-out.ts';
import { type LabelledRows, readLabelledRows } from './labelled-rows.ts';
import type { ChampionParts, RetrainDone, RetrainJob, TrialJob, VersionJob } from './retrain-job.ts';
import { type Candidate, divide, partOf, pick, trainModel } from './train-model.ts';
import { runTrial } from './trial.ts';

const THREADS = 2;

/** Does a job of a retrain. @throws whatever the learners, `trainModel` and `readLabelledRows` throw */
export async function runRetrainJob(job: RetrainJob): Promise<RetrainDone> {
  const data = readLabelledRows(compileContract(job.definition), job.bytes, job.delimiter);
  return job.kind === 'trial' ? trialDone(job, data) : versionDone(job, data);
}

async function trialDone({ definition, trial, share, rowSeed }: TrialJob, data: LabelledRows) {
  const layout = compileContract(definition);
  const split = defaultHoldOut(definition);
  // The rows that the version will be measured on choose nothing.
  const known = rowsOf(data, divide(split, layout, data).training);
  const parts = divide(split, layout, known);
  const contract = compileContract(fitContract(definition, pick(known, parts.training)));
  const training = partOf(contract, known, parts.training);
  const validation = partOf(contract, known, parts.heldOut);
  const { metrics, seconds } = await runTrial(trial, { training, validation }, share, {
    rowSeed,
    threads: THREADS,
  });
  return { kind: 'trial' as const, seconds, metrics: finite({ ...metrics }) };
}

async function versionDone({ definition, trial, dataset, champion }: VersionJob, data: LabelledRows) {
  const { learner, params, seed } = trial;
  const {
    metrics,
    rows,
    params: found,
    gates,
    files,
  } = await trainModel({
    definition,
    data,
    split: defaultHoldOut(definition),
    learner,
    params,
    seed,
    threads: THREADS,
    calibrated: true,
    dataset,
    ...(champion === undefined
      ? {}
      : { compare: (candidate: Candidate) => compareOnUnseen(candidate, data, champion, seed) }),
  });
  const done = {
    metrics: finite({ ...metrics }),
    rows,
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

function rowsOf(data: LabelledRows, numbers: Int32Array): LabelledRows {
  return {
    rows: pick(data, numbers),
    labels: Uint8Array.from(numbers, (row) => data.labels[row]!),
    extra: [],
  };
}

/** Without figures that one class alone does not define. */
function finite(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
