import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../../models/fraud/generate.ts';
import type { Transaction } from '../../../../models/fraud/generate.ts';
import { frauds, lookAlikes } from '../../../../models/fraud/scenarios.ts';
import { compileContract } from '../../../../shared/features/compile.ts';
import type { CompiledContract } from '../../../../shared/features/compile.ts';
import { fitContract } from '../../../../shared/features/contract.ts';
import { boostingParamsSchema } from '../../../../shared/training/boosting-params.ts';
import { fitGradientBoosting } from '../../../../shared/training/gradient-boosting.ts';
import type { LabelledMatrix } from '../../../../shared/training/matrix.ts';
import { aucRoc, averagePrecision } from '../../../../shared/training/metrics.ts';
import { predictProbabilities } from '../../../../shared/training/predict.ts';
import { readDefinition } from '../../../../tools/model-folders.ts';
import { logisticRegression } from '../../../fixtures/logistic-regression.ts';

const rows = 100_000;
const day = 86_400_000;
const boundary = Date.UTC(2026, 0, 1);

describe('a model of generated transactions, trained on 100,000 and measured on 100,000 later ones', () => {
  const train = [...generate({ rows, seed: 1, from: boundary - 90 * day, to: boundary })];
  const test = [...generate({ rows, seed: 2, from: boundary, to: boundary + 60 * day })];
  const labels = Uint8Array.from(test, ({ row }) => row.is_fraud);
  let boosting: Float64Array;
  let logistic: Float64Array;

  beforeAll(async () => {
    const definition = await readDefinition('fraud');
    const layout = compileContract(definition);
    const checked = (row: Transaction) => {
      const result = layout.check(row, '');
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      return result.row;
    };
    const trainRows = train.map(({ row }) => checked(row));
    const contract = compileContract(fitContract(definition, trainRows));
    const trainPart = matrixOf(contract, trainRows);
    const testPart = matrixOf(
      contract,
      test.map(({ row }) => checked(row)),
    );

    const params = boostingParamsSchema.parse(definition.learner?.params);
    const fit = await fitGradientBoosting(trainPart, undefined, params);
    boosting = predictProbabilities(fit.ensemble, testPart.x);
    logistic = logisticRegression(trainPart)(testPart.x);
  }, 120_000);

  it('finds frauds well but far from perfectly with boosting', () => {
    const auc = aucRoc(labels, boosting);
    const precision = averagePrecision(labels, boosting);
    console.info(`boosting AUC ${auc.toFixed(3)}, AP ${precision.toFixed(3)}`);
    expect(auc).toBeGreaterThan(0.89);
    expect(auc).toBeLessThan(0.97);
    expect(precision).toBeGreaterThan(0.3);
    expect(precision).toBeLessThan(0.65);
  });

  it('needs more than a linear model', () => {
    console.info(`logistic regression AUC ${aucRoc(labels, logistic).toFixed(3)}`);
    expect(aucRoc(labels, boosting) - aucRoc(labels, logistic)).toBeGreaterThan(0.02);
    expect(aucRoc(labels, logistic)).toBeGreaterThan(0.8);
  });

  it.each(frauds.map(({ name }) => name))('neither misses nor always finds %s', (scenario) => {
    const chosen = [...test.keys()].filter((i) => labels[i] === 0 || test[i]!.scenario === scenario);
    const auc = aucRoc(
      Uint8Array.from(chosen, (i) => labels[i]!),
      Float64Array.from(chosen, (i) => boosting[i]!),
    );
    console.info(`${scenario} AUC ${auc.toFixed(3)}`);
    expect(auc).toBeGreaterThan(0.7);
    expect(auc).toBeLessThan(0.99);
  });

  it('does not give frauds away by any single column', () => {
    const numeric = [
      'amount',
      'hour_of_day',
      'day_of_week',
      'customer_tenure_days',
      'avg_monthly_spend',
      'num_prev_tx_24h',
    ] as const;
    const categories = ['currency', 'merchant_category', 'ip_geo_country'] as const;
    const aucs = new Map<string, number>();
    for (const column of numeric)
      aucs.set(
        column,
        aucRoc(
          labels,
          Float64Array.from(test, ({ row }) => row[column]),
        ),
      );
    for (const column of categories) {
      const rates = fraudRates(
        train.map(({ row }) => row),
        column,
      );
      aucs.set(
        column,
        aucRoc(
          labels,
          Float64Array.from(test, ({ row }) => rates.get(row[column]) ?? 0),
        ),
      );
    }
    for (const [column, auc] of aucs) expect(Math.max(auc, 1 - auc), column).toBeLessThan(0.85);
    console.info(
      [...aucs].map(([column, auc]) => `${column} ${Math.max(auc, 1 - auc).toFixed(2)}`).join(', '),
    );
  });

  it('has honest look-alikes of every scenario, at least as many as its frauds', () => {
    const count = (name: string): number => train.filter(({ scenario }) => scenario === name).length;
    for (const fraud of frauds) {
      const alike = lookAlikes.filter(({ resembles }) => resembles === fraud.name);
      const honest = alike.reduce((sum, { name }) => sum + count(name), 0);
      expect(honest, fraud.name).toBeGreaterThanOrEqual(count(fraud.name));
    }
  });

  it('spreads amounts like real ones: the log deviates by 0.9 to 1.2', () => {
    const logs = train.map(({ row }) => Math.log(row.amount));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length);
    expect(deviation).toBeGreaterThan(0.9);
    expect(deviation).toBeLessThan(1.2);
  });
});

function matrixOf(
  contract: CompiledContract,
  rowsOf: readonly Parameters<CompiledContract['write']>[0][],
): LabelledMatrix {
  const values = new Float32Array(rowsOf.length * contract.width);
  rowsOf.forEach((row, index) => contract.write(row, values, index * contract.width));
  return {
    x: { rows: rowsOf.length, columns: contract.width, values },
    y: Uint8Array.from(rowsOf, (row) => contract.label(row) ?? 0),
  };
}

function fraudRates(
  train: readonly Transaction[],
  column: 'currency' | 'merchant_category' | 'ip_geo_country',
): Map<string, number> {
  const counts = new Map<string, { rows: number; frauds: number }>();
  for (const row of train) {
    const count = counts.get(row[column]) ?? { rows: 0, frauds: 0 };
    counts.set(row[column], { rows: count.rows + 1, frauds: count.frauds + row.is_fraud });
  }
  return new Map([...counts].map(([value, count]) => [value, count.frauds / count.rows]));
}
