import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileContract } from '../../../shared/features/compile.ts';
import { carryOutSearch, type SearchWork } from '../../../shared/training/carry-out-search.ts';
import { readLabelledRows } from '../../../shared/training/labelled-rows.ts';
import type { LabelledMatrix } from '../../../shared/training/matrix.ts';
import { runAtOnce } from '../../../shared/training/retrain-thread.ts';
import { runRetrainJob } from '../../../shared/training/run-retrain-job.ts';
import { searchOf } from '../../../shared/training/run-search.ts';
import type { RunTrial } from '../../../shared/training/run-record.ts';
import type { Trial } from '../../../shared/training/search.ts';
import { searchRows } from '../../../shared/training/search-rows.ts';
import { partOf } from '../../../shared/training/train-model.ts';
import { trialRecord } from '../../../shared/training/trial-record.ts';
import { bankDefinition, bankRows } from '../../fixtures/bank-rows.ts';

const definition = await bankDefinition();
const small = {
  ...definition,
  search: {
    ...definition.search!,
    trials: 3,
    rungs: 2,
    learners: {
      gradient_boosting: { trees: 12, leaves: { from: 3, to: 8, scale: 'linear' as const, integer: true } },
      logistic_regression: { l2: { from: 0.1, to: 10, scale: 'log' as const, integer: false } },
    },
  },
};

/** A result whose value is a function of the trial and the rung, with equals among them. */
function made({ number, learner, params, seed }: Trial, rung: number, spread: number): RunTrial {
  const value = ((number * 7 + rung * 3 + spread) % 5) / 5;
  return { rung, trial: number, learner, params, seed, seconds: 1, metrics: { averagePrecision: value } };
}

describe('a search that is carried out in one go', () => {
  it('has the result of one that goes step by step, in whatever order its fits end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.nat(99), fc.integer({ min: 1, max: 6 }), async (s, seed, slots) => {
        const expected: RunTrial[] = [];
        let step = searchOf(definition, { seed, trials: expected }).next;
        while (step.kind === 'rung') {
          const { rung } = step;
          expected.push(...step.trials.map((trial) => made(trial, rung, seed)));
          step = searchOf(definition, { seed, trials: expected }).next;
        }
        const work: SearchWork = {
          onRung: () => undefined,
          fit: async (trial, { rung }) => s.schedule(Promise.resolve(made(trial, rung, seed))),
        };
        const found = await s.waitFor(carryOutSearch(definition, seed, slots, work));
        expect(found.end).toEqual(step);
        const byNumber = (a: RunTrial, b: RunTrial) => a.rung - b.rung || a.trial - b.trial;
        expect(found.trials).toEqual(expected.toSorted(byNumber));
      }),
      { numRuns: 30 },
    );
  });

  it('never has more fits under way than it has slots', async () => {
    let [under, most] = [0, 0];
    const fit: SearchWork['fit'] = async (trial, { rung }) => {
      most = Math.max(most, (under += 1));
      await new Promise(setImmediate);
      under -= 1;
      return made(trial, rung, 0);
    };
    await carryOutSearch(definition, 0, 3, { onRung: () => undefined, fit });
    expect(most).toBe(3);
  });

  it('begins with nothing after a fit that failed, and throws once no fit is under way', async () => {
    const begun: number[] = [];
    let under = 0;
    const fit: SearchWork['fit'] = async (trial, { rung }) => {
      begun.push(trial.number);
      under += 1;
      await new Promise(setImmediate);
      if (trial.number === 1) {
        under -= 1;
        throw new Error('no memory');
      }
      await new Promise(setImmediate);
      under -= 1;
      return made(trial, rung, 0);
    };
    await expect(carryOutSearch(definition, 0, 2, { onRung: () => undefined, fit })).rejects.toThrow(
      'no memory',
    );
    expect(begun).toEqual([0, 1]);
    expect(under).toBe(0);
  });
});

describe('the rows of a search', () => {
  const bytes = bankRows();
  const data = { definition: small, bytes, delimiter: ';' };

  it('have none of those that the version is measured on', () => {
    const contract = compileContract(small);
    const labelled = readLabelledRows(contract, bytes, ';');
    const known = Int32Array.from(labelled.rows.keys()).filter((row) => row % 5 !== 4);
    const texts = ({ x, y }: LabelledMatrix) =>
      Array.from(y, (label, row) =>
        [...x.values.subarray(row * x.columns, (row + 1) * x.columns), label].join(' '),
      );
    const extra = labelled.rows.map((_, row) => (row % 5 === 4 ? 'test' : 'train'));
    for (const split of [
      { by: 'modulo', divisor: 5, remainder: 4 } as const,
      { by: 'column', column: 'part' } as const,
    ]) {
      const { training, validation } = searchRows(small, { ...labelled, extra }, split);
      expect(validation.x.rows).toBeGreaterThan(150);
      const used = [...texts(training), ...texts(validation)].toSorted();
      expect(used).toEqual(texts(partOf(contract, labelled, known)).toSorted());
    }
  });

  it('give a trial the figures that a retrain gives it, in threads of any number, and the same best each time', async () => {
    const read = await runAtOnce({ kind: 'rows', ...data });
    if (read.kind !== 'rows') throw new Error(JSON.stringify(read));
    expect(read.count).toBe(1_000);
    const searched = async (seed: number, slots: number) =>
      carryOutSearch(small, seed, slots, {
        onRung: () => undefined,
        fit: async (trial, { rung, share }) => {
          const job = { trial: { ...trial, params: { ...trial.params } }, share, rowSeed: seed };
          const fit = { kind: 'fit' as const, rows: read.rows, threads: slots, ...job };
          return { ...trialRecord(job.trial, rung, await runAtOnce(fit)), seconds: 0 };
        },
      });
    const [one, other] = [await searched(5, 1), await searched(5, 2)];
    expect(one).toEqual(other);
    expect(one.end.kind).toBe('best');
    const [first] = searchOf(small, { seed: 5, trials: [] }).trials;
    const trial = { ...first!, params: { ...first!.params } };
    const retrained = await runRetrainJob({ kind: 'trial', ...data, trial, share: 1 / 3, rowSeed: 5 });
    expect(retrained).toMatchObject({ kind: 'trial', metrics: one.trials[0]!.metrics });
    expect(one.trials[0]!.metrics['averagePrecision']).toBeGreaterThan(0.2);
  });

  it('ends a fit in the middle where it is to end, with the reason', async () => {
    const controller = new AbortController();
    const trial = { number: 0, learner: 'gradient_boosting' as const, params: { trees: 5_000 }, seed: 0 };
    const job = { kind: 'trial' as const, ...data, trial, share: 1, rowSeed: 0 };
    const stages: number[] = [];
    const ended = runAtOnce(job, {
      signal: controller.signal,
      onProgress: (_stage, done) => {
        stages.push(done);
        controller.abort(new Error('enough'));
      },
    });
    await expect(ended).rejects.toThrow('enough');
    expect(Math.max(...stages)).toBeLessThan(5_000);
    await expect(runAtOnce(job, { signal: controller.signal })).rejects.toThrow('enough');
  });
});
