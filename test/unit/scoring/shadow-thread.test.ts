import { afterEach, describe, expect, it } from 'vitest';
import { type LoadedModel } from '../../../shared/scoring/load-model.ts';
import { type ShadowThread, startShadowThread } from '../../../shared/scoring/shadow-thread.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';
import { pickyModel } from '../../fixtures/picky-model.ts';

describe('the thread of the shadow', () => {
  let thread: ShadowThread;
  afterEach(() => thread.end());

  const picky = (version: string): LoadedModel => ({ ...loadedModel('cards', version), onnx: pickyModel() });

  it('scores with a model of its own, and tells the rows apart that the model cannot take', async () => {
    thread = startShadowThread();
    const model = picky('2');
    const first = await thread.score(model, Float32Array.of(0, 1, 7, 1, 0, 0), 4);
    expect([...first.scores]).toEqual([0.25, 0.75, Number.NaN, 0.75]);
    expect(first.errors).toEqual([[2, expect.stringMatching(/the model failed.*out of/s)]]);
    expect(first.rowMs[0]).toBeGreaterThan(0);
    // The file travels once.
    const second = await thread.score(model, Float32Array.of(1), 1);
    expect([...second.scores]).toEqual([0.75]);
    const other = await thread.score(picky('1'), Float32Array.of(0), 1);
    expect([...other.scores]).toEqual([0.25]);
  });

  it('answers with errors for a model that cannot be opened', async () => {
    thread = startShadowThread();
    const broken = { ...loadedModel('cards', '2'), onnx: new Uint8Array(9) };
    const { scores, errors } = await thread.score(broken, Float32Array.of(0, 1), 2);
    expect([...scores]).toEqual([Number.NaN, Number.NaN]);
    expect(errors.map(([row]) => row)).toEqual([0, 1]);
  });

  it('fails the call that it was at when it ends unexpectedly, and those after it', async () => {
    thread = startShadowThread();
    // A width below 1 is nothing that the thread is ever sent: it breaks off.
    const wrong = { ...picky('3'), contract: { ...picky('3').contract, width: -1 } };
    await expect(thread.score(wrong, Float32Array.of(0), 1)).rejects.toThrow(
      /the shadow's thread has failed/,
    );
    await expect(thread.score(picky('2'), Float32Array.of(0), 1)).rejects.toThrow(
      /the shadow's thread has failed/,
    );
  });
});
