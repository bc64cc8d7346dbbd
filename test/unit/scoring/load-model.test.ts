import { describe, expect, it } from 'vitest';
import { fitContract } from '../../../shared/features/contract.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { type ModelFiles, ModelRefused } from '../../../shared/registry/model-folder.ts';
import { loadModel } from '../../../shared/scoring/load-model.ts';
import { oneNumber } from '../../fixtures/loaded-model.ts';
import { grow } from '../onnx/ensembles.ts';

/** Probability 0.5 up to an amount of 10, 0.7310586 above it. */
const onnx = writeTreeEnsemble(
  {
    featureCount: 1,
    baseMargin: 0,
    trees: [grow({ feature: 0, atMost: 10, missing: 'left', left: 0, right: 1 })],
  },
  ['amount'],
  {},
);
const samples = [
  { row: { amount: 3 }, score: 0.5 },
  { row: { amount: 12 }, score: 0.7310586 },
];

function files(limits?: { readonly maxRowMs: number }): ModelFiles {
  const contract = fitContract(limits === undefined ? oneNumber : { ...oneNumber, limits }, []);
  return { onnx, contract, samples };
}

describe('loading a version', () => {
  it('makes it ready to serve, with the file that was verified', async () => {
    const loaded = await loadModel('cards', '1', files({ maxRowMs: 1_000 }));
    expect([...(await loaded.scorer.score(Float32Array.of(3), 1))]).toEqual([0.5]);
    expect(loaded.onnx).toBe(onnx);
    await loaded.scorer.close();
  });

  it('refuses a version that takes longer for a row than its model folder allows', async () => {
    const loading = loadModel('cards', '1', files({ maxRowMs: 1e-7 }));
    await expect(loading).rejects.toThrow(ModelRefused);
    await expect(loading).rejects.toThrow(/one row takes .* ms, the budget is 1e-7 ms/);
  });

  it('has a budget also where the folder names none', async () => {
    const loaded = await loadModel('cards', '1', files());
    expect(loaded.singleRowMs).toBeLessThanOrEqual(10);
    await loaded.scorer.close();
  });

  it('refuses a version that is off its samples', async () => {
    const wrong = { ...files(), samples: [{ row: { amount: 3 }, score: 0.51 }] };
    await expect(loadModel('cards', '1', wrong)).rejects.toThrow(/sample 0 is off its recorded score/);
  });
});
