import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputsWriter } from '../../../shared/events/logged-inputs.ts';
import { type CheckedRow, compileContract } from '../../../shared/features/compile.ts';
import type { ModelDefinition } from '../../../shared/features/definition.ts';
import { readLabelledRows } from '../../../shared/training/labelled-rows.ts';
import { assembleTrainingSet, type TrainingSetRequest } from '../../../shared/training/training-set.ts';
import { sumOf } from '../../../shared/training/training-set-manifest.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import { fraudRows } from '../../fixtures/app-stack.ts';
import { bankDefinition, bankRows } from '../../fixtures/bank-rows.ts';
import { idAt } from '../../fixtures/prediction-events.ts';
import { AS_OF, DAY, HOUR, Logs, smallModel, TEN } from './logs.ts';

async function assembled(logs: Logs, request: Partial<TrainingSetRequest> & { definition: ModelDefinition }) {
  const pieces: string[] = [];
  const whole = { datasets: [], predictionsFrom: TEN - DAY, asOf: AS_OF, ...request };
  const facts = await assembleTrainingSet(logs, whole, (piece) => void pieces.push(piece));
  const contract = compileContract(request.definition);
  const delimiter = request.definition.defaultFile?.delimiter ?? ',';
  const { rows, labels } = readLabelledRows(contract, Buffer.from(pieces.join('')), delimiter);
  expect(rows).toHaveLength(facts.rows);
  expect(labels.filter((label) => label === 1)).toHaveLength(facts.positives);
  return { facts, total: facts.predictions?.total, rows, labels };
}

/** Rows of the small model. */
const rowOf = (id: string | null, amount: number, bad: 0 | 1, note: string | null = null): CheckedRow => [
  id,
  amount,
  note,
  bad,
];
const version = (number: number, rows: readonly CheckedRow[]) => ({
  version: `${number}`,
  sha256: 'x',
  rows,
});

describe('a training set', () => {
  it.each([
    { name: 'fraud', define: () => readDefinition('fraud'), rows: fraudRows },
    { name: 'bank-marketing', define: bankDefinition, rows: () => Promise.resolve(bankRows()) },
  ])('has of collected $name predictions the very rows that were scored', async ({ define, rows }) => {
    const definition = { ...(await define()), labelling: undefined };
    const contract = compileContract(definition);
    const read = readLabelledRows(contract, await rows(), definition.defaultFile?.delimiter ?? ',');
    const some = read.rows.slice(0, 400);
    const write = inputsWriter(definition.columns);
    const logs = new Logs(definition.model);
    for (const [index, row] of some.entries()) {
      const id = await logs.predict(TEN + index * 60_000, JSON.parse(write(row)));
      await logs.label(id, read.labels[index] === 1 ? 1 : 0);
    }
    const result = await assembled(logs, { definition });
    expect(result.rows).toEqual(some);
    expect(result.facts.predictions?.hours.map(({ used }) => used)).toEqual([60, 60, 60, 60, 60, 60, 40]);
    // A data set version of the same rows changes nothing.
    const both = await assembled(logs, { definition, datasets: [version(1, some)] });
    expect(both.rows).toEqual(some);
    expect(both.total).toMatchObject({ used: 0, duplicates: 400 });
  });

  it('takes no prediction whose label may still change, and no label that was not known then', async () => {
    const definition = smallModel({ maturity: '7d', unlabelled: 'drop' });
    const logs = new Logs();
    // Both in the same hour
    const asOf = AS_OF + HOUR / 2;
    const young = await logs.predict(asOf - 7 * DAY, { amount: 1 });
    const old = await logs.predict(asOf - 7 * DAY - 1, { amount: 2 });
    const lateLabel = await logs.predict(TEN, { amount: 3 });
    const revised = await logs.predict(TEN, { amount: 4 });
    await logs.label(young, 1);
    await logs.label(old, 1);
    await logs.label(lateLabel, 1, asOf + 1);
    await logs.label(revised, 1, asOf);
    await logs.label(revised, 0, asOf + 1);
    const { rows, total } = await assembled(logs, { definition, asOf });
    expect(rows).toEqual([rowOf(null, 4, 1), rowOf(null, 2, 1)]);
    expect(total).toMatchObject({ predictions: 3, used: 2, unlabelled: 1 });
  });

  it('takes what has no label after the maturity for negative where the model says so, but nothing that was blocked', async () => {
    const logs = new Logs();
    await logs.predict(TEN, { amount: 1 });
    await logs.predict(TEN, { amount: 2 }, { decision: 'block' });
    const blocked = await logs.predict(TEN, { amount: 3 }, { decision: 'block' });
    const error = { code: 'model', message: 'failed' };
    const failed = await logs.predict(TEN, { amount: 4 }, { error });
    await logs.predict(TEN, {}, { truncated: true, features: [] });
    const unfit = await logs.predict(TEN, { amount: -1 });
    for (const id of [blocked, failed, unfit]) await logs.label(id, 1);
    await logs.label(idAt(TEN), 1);
    const expected = {
      failed: 1,
      truncated: 1,
      unfit: 1,
      blockedUnlabelled: 1,
      blockedUsed: 1,
      unknownLabels: 1,
    };
    const negative = await assembled(logs, {
      definition: smallModel({ maturity: '1d', unlabelled: 'negative' }),
    });
    expect(negative.rows).toEqual([rowOf(null, 1, 0), rowOf(null, 3, 1)]);
    expect(negative.total).toMatchObject({ ...expected, used: 2, assumedNegative: 1, unlabelled: 0 });
    const drop = await assembled(logs, { definition: smallModel({ maturity: '1d', unlabelled: 'drop' }) });
    expect(drop.rows).toEqual([rowOf(null, 3, 1)]);
    expect(drop.total).toMatchObject({ ...expected, used: 1, assumedNegative: 0, unlabelled: 1 });
  });

  it('has a transaction that was sent again once, with the label that one of its predictions got', async () => {
    const definition = smallModel({ maturity: '1d', unlabelled: 'negative' });
    const logs = new Logs();
    await logs.predict(TEN + HOUR - 1, { id: 'a', amount: 1 });
    const again = await logs.predict(TEN + HOUR, { id: 'a', amount: 1 });
    await logs.predict(TEN, { id: 'b', amount: 2 });
    await logs.predict(TEN + 1, { id: 'b', amount: 2 });
    await logs.label(again, 1);
    const { rows, total } = await assembled(logs, { definition });
    expect(rows).toEqual([rowOf('b', 2, 0), rowOf('a', 1, 1)]);
    expect(total).toMatchObject({ predictions: 4, used: 2, duplicates: 2 });
  });

  it('takes rows that several versions hold once, and keeps equal rows that one of them has', async () => {
    const definition = smallModel();
    const newer = [rowOf('a', 1, 1), rowOf(null, 5, 0), rowOf(null, 5, 1), rowOf(null, 6, 0)];
    const older = [
      rowOf('a', 9, 0),
      rowOf(null, 5, 0),
      rowOf(null, 5, 0),
      rowOf(null, 5, 0),
      rowOf('b', 1, 0),
    ];
    const { rows, facts } = await assembled(new Logs(), {
      definition,
      datasets: [version(2, newer), version(1, older)],
    });
    expect(rows).toEqual([...newer, rowOf(null, 5, 0), rowOf('b', 1, 0)]);
    expect(facts.datasets).toEqual([
      { version: '2', sha256: 'x', rows: 4, used: 4, duplicates: 0 },
      { version: '1', sha256: 'x', rows: 5, used: 2, duplicates: 3 },
    ]);
  });

  it('accounts for every prediction, and writes texts of any kind so that they are read as they were', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', 'ß', '0'),
      minLength: 1,
    });
    const prediction = fc.record({
      hour: fc.nat(3),
      id: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      amount: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      note: text,
      label: fc.constantFrom(undefined, 0 as const, 1 as const),
      decision: fc.constantFrom('approve' as const, 'block' as const),
      broken: fc.constantFrom(undefined, 'error', 'unfit'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(prediction, { maxLength: 12 }),
        fc.constantFrom('negative' as const, 'drop' as const),
        async (predictions, unlabelled) => {
          const logs = new Logs();
          for (const { hour, id, amount, note, label, decision, broken } of predictions) {
            const inputs = {
              amount: broken === 'unfit' ? -1 : amount,
              note,
              ...(id === undefined ? {} : { id }),
            };
            const error = broken === 'error' ? { error: { code: 'x', message: 'y' } } : {};
            const predictionId = await logs.predict(TEN + hour * HOUR, inputs, { decision, ...error });
            if (label !== undefined) await logs.label(predictionId, label);
          }
          const { facts, rows } = await assembled(logs, {
            definition: smallModel({ maturity: '1d', unlabelled }),
          });
          const {
            predictions: all,
            used,
            assumedNegative: _,
            ...rest
          } = sumOf(facts.predictions?.hours ?? []);
          const { unlabelled: dropped, blockedUnlabelled, duplicates, failed, truncated, unfit } = rest;
          expect(used + dropped + blockedUnlabelled + duplicates + failed + truncated + unfit).toBe(all);
          expect(all).toBe(predictions.length);
          const given = new Set(
            predictions.map(({ id, amount, note }) => JSON.stringify([id ?? null, amount, note])),
          );
          for (const row of rows) expect(given).toContain(JSON.stringify(row.slice(0, 3)));
          const ids = rows.flatMap(([id]) => id ?? []);
          expect(new Set(ids).size).toBe(ids.length);
          const labelled = predictions.filter(
            ({ label, broken }) => label !== undefined && broken === undefined,
          );
          const wanted = new Set(labelled.flatMap(({ id }) => id ?? []));
          expect(wanted.difference(new Set(ids))).toEqual(new Set());
        },
      ),
      { numRuns: 200 },
    );
  });
});
