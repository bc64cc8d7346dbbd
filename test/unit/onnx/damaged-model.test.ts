import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../../shared/onnx/model-file-error.ts';
import { inspectModel, readTreeEnsemble } from '../../../shared/onnx/read-model.ts';
import { openScorer, ScoringError } from '../../../shared/onnx/scorer.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { grow } from './ensembles.ts';

const bytes = writeTreeEnsemble(
  {
    featureCount: 2,
    baseMargin: -1,
    trees: [
      grow({ feature: 1, atMost: 0.5, missing: 'left', left: -0.5, right: 0.75 }),
      grow({ feature: 0, atMost: 2, missing: 'right', left: 0.125, right: -1 }),
    ],
  },
  ['amount', 'hour'],
  { run: '7' },
);

function flip(bits: readonly number[]): Uint8Array {
  const damaged = Uint8Array.from(bytes);
  for (const bit of bits) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return damaged;
}

/** Whether the file was read or refused; every other error is passed on. */
function read(file: Uint8Array): 'read' | 'refused' {
  const refusals = [inspectModel, readTreeEnsemble].map((reader) => {
    try {
      reader(file);
      return false;
    } catch (error) {
      if (error instanceof ModelFileError) return true;
      throw error;
    }
  });
  return refusals.includes(true) ? 'refused' : 'read';
}

/** The same for scoring with onnxruntime. */
async function score(file: Uint8Array): Promise<'scored' | 'refused'> {
  try {
    const scorer = await openScorer(file, 2);
    try {
      await scorer.score(new Float32Array(6), 3);
    } finally {
      await scorer.close();
    }
    return 'scored';
  } catch (error) {
    if (error instanceof ModelFileError || error instanceof ScoringError) return 'refused';
    throw error;
  }
}

describe('a damaged model', () => {
  test('is refused wherever its graph ends too early', () => {
    // What follows the graph (operator sets, metadata) can be cut between two entries and still be a model.
    const graphEnd = Buffer.from(bytes).lastIndexOf('ai.onnx.ml') - 8;
    for (let length = 0; length < graphEnd; length += 1)
      expect(read(bytes.subarray(0, length))).toBe('refused');
    for (let length = graphEnd; length < bytes.length; length += 1) {
      expect(['read', 'refused']).toContain(read(bytes.subarray(0, length)));
    }
  });

  test('is read or refused, and nothing else happens, whichever bit is flipped', () => {
    const outcomes = Array.from({ length: bytes.length * 8 }, (_, bit) => read(flip([bit])));
    expect(new Set(outcomes)).toEqual(new Set(['read', 'refused']));
  });

  test('is refused when it never was one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (file) => {
        expect(read(file)).toBe('refused');
      }),
      { numRuns: 500 },
    );
  });

  test('does not bring onnxruntime down', async () => {
    const bits = fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(bits, async (flipped) => {
        expect(['scored', 'refused']).toContain(await score(flip(flipped)));
      }),
      { numRuns: 300 },
    );
  });
});
