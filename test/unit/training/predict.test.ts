import { expect, test } from 'vitest';
import { predictProbabilities } from '../../../shared/training/predict.ts';
import { oneColumn, stump } from './made-rows.ts';

test('adds the reached leaves to the base margin', () => {
  const trees = [stump(0.5, true, -1, 2), stump(1.5, false, 0.25, 4)];
  const { x } = oneColumn([0, 1, 2, Number.NaN], [0, 0, 0, 0]);
  const margins = [0.5 - 1 + 0.25, 0.5 + 2 + 0.25, 0.5 + 2 + 4, 0.5 - 1 + 4];
  const probabilities = predictProbabilities({ featureCount: 1, baseMargin: 0.5, trees }, x);
  margins.forEach((margin, row) => expect(probabilities[row]).toBeCloseTo(1 / (1 + Math.exp(-margin)), 14));
});

test('compares as float32, where equal goes left, and takes infinities for numbers', () => {
  const ensemble = { featureCount: 1, baseMargin: 0, trees: [stump(0.1, false, -1, 1)] };
  const { x } = oneColumn([0.1, 0.1 + 2e-9, 0.1 + 1e-8, -Infinity, Infinity], [0, 0, 0, 0, 0]);
  expect([...predictProbabilities(ensemble, x)].map((p) => p < 0.5)).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
});

test('gives the base rate without trees', () => {
  const ensemble = { featureCount: 1, baseMargin: Math.log(0.25 / 0.75), trees: [] };
  expect(predictProbabilities(ensemble, oneColumn([1], [0]).x)[0]).toBeCloseTo(0.25, 15);
});

test('refuses rows of another width', () => {
  const { x } = oneColumn([1, 2], [0, 1]);
  expect(() => predictProbabilities({ featureCount: 2, baseMargin: 0, trees: [] }, x)).toThrow(
    /2 features.*1 col/,
  );
});
