import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { boostingParamsSchema } from '../shared/training/boosting-params.ts';
import { fitGradientBoosting } from '../shared/training/gradient-boosting.ts';
import type { LabelledMatrix } from '../shared/training/matrix.ts';
import { aucRoc } from '../shared/training/metrics.ts';
import { predictProbabilities } from '../shared/training/predict.ts';
import { createRandom } from '../shared/training/random.ts';
import { type BenchReport, ratio } from './report.ts';
import { median } from './rounds.ts';

const ROWS = 80_000;
const TEST_ROWS = 20_000;
const COLUMNS = 30;
const ROUNDS = 3;

/** scikit-learn 1.2.1 on the machine of the first measurement, two threads; used where python3 has no scikit-learn. */
const STORED = { seconds: 1.85, auc: undefined };

const referenceSchema = z.object({ seconds: z.array(z.number()), auc: z.number() });

/** Fit time and AUC of 100 trees of 31 leaves on 80,000 × 30 rows, beside scikit-learn in the same run. */
export async function benchLearner(): Promise<BenchReport> {
  const train = table(ROWS, 1);
  const test = table(TEST_ROWS, 2);
  const params = boostingParamsSchema.parse({
    trees: 100,
    leaves: 31,
    learningRate: 0.1,
    bins: 255,
    threads: 2,
  });
  const reference = startReference(train, test);
  const ours: number[] = [];
  const theirs: number[] = [];
  let auc = Number.NaN;
  let referenceAuc: number | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const { ensemble } = await fitGradientBoosting(train, undefined, params);
    ours.push((performance.now() - started) / 1_000);
    auc = aucRoc(test.y, predictProbabilities(ensemble, test.x));
    const answer = reference.fit();
    if (answer !== undefined) {
      theirs.push(...answer.seconds);
      referenceAuc = answer.auc;
    }
    console.error(
      `round ${round + 1}/${ROUNDS}: ${ours.at(-1)?.toFixed(2)} s, reference ${theirs.at(-1)?.toFixed(2) ?? '–'} s`,
    );
  }
  reference.end();
  const measured = theirs.length > 0;
  const referenceSeconds = measured ? median(theirs) : STORED.seconds;
  return {
    name: 'learner',
    columns: [
      'what',
      'Tollgate',
      measured ? 'scikit-learn, this run' : 'scikit-learn, stored figure',
      'ratio',
      'goal',
    ],
    rows: [
      [
        'fit, seconds (80,000 × 30, 100 trees of 31 leaves)',
        median(ours),
        referenceSeconds,
        ratio(median(ours), referenceSeconds),
        '≤ 2',
      ],
      [
        'AUC-ROC on 20,000 other rows',
        auc,
        referenceAuc ?? 'not measured',
        referenceAuc === undefined ? '–' : `${(auc - referenceAuc).toFixed(4)} apart`,
        '≥ -0.005',
      ],
    ],
    notes: measured
      ? []
      : ['python3 has no scikit-learn here: its fit time is a stored figure of another machine'],
  };
}

/** Rows whose label depends on some columns, on a product of two, and on chance; a twentieth of the values missing. */
function table(rows: number, seed: number): LabelledMatrix {
  const random = createRandom(seed);
  const values = new Float32Array(rows * COLUMNS);
  const y = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = values.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    for (let column = 0; column < COLUMNS; column++) x[column] = random() + random() + random() - 1.5;
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = x;
    const margin = 2 * a - 1.5 * b * b + 3 * c * d + (e > 0.3 ? 1 : 0) - 1;
    y[row] = random() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
    for (let column = 0; column < COLUMNS; column++) if (random() < 0.05) x[column] = Number.NaN;
  }
  return { x: { rows, columns: COLUMNS, values }, y };
}

const SCRIPT = `
import json, sys, time
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
folder, columns = sys.argv[1], int(sys.argv[2])
load = lambda name: (np.fromfile(f"{folder}/{name}.x", np.float32).reshape(-1, columns), np.fromfile(f"{folder}/{name}.y", np.uint8))
(x, y), (tx, ty) = load("train"), load("test")
model = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, max_bins=255, early_stopping=False)
start = time.perf_counter(); model.fit(x, y); seconds = time.perf_counter() - start
print(json.dumps({"seconds": [seconds], "auc": roc_auc_score(ty, model.predict_proba(tx)[:, 1])}))
`;

/** scikit-learn on the same rows, where python3 has it. */
function startReference(train: LabelledMatrix, test: LabelledMatrix) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  for (const [name, { x, y }] of Object.entries({ train, test })) {
    writeFileSync(join(folder, `${name}.x`), new Uint8Array(x.values.buffer));
    writeFileSync(join(folder, `${name}.y`), y);
  }
  writeFileSync(join(folder, 'fit.py'), SCRIPT);
  return {
    fit: () => {
      const { status, stdout } = spawnSync('python3', [join(folder, 'fit.py'), folder, String(COLUMNS)], {
        encoding: 'utf8',
      });
      return status === 0 ? referenceSchema.parse(JSON.parse(stdout)) : undefined;
    },
    end: () => rmSync(folder, { recursive: true }),
  };
}
