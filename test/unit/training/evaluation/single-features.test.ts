import { describe, expect, it } from 'vitest';
import { singleFeatures } from '../../../../shared/training/evaluation/single-features.ts';
import { createRandom } from '../../../../shared/training/random.ts';

/** Columns: noise, the label itself, its opposite, a value far from 0 where positive, missing where positive. */
function rows(count: number, seed: number) {
  const draw = createRandom(seed);
  const y = Uint8Array.from({ length: count }, () => (draw() < 0.1 ? 1 : 0));
  const values = Float32Array.from(
    [...y].flatMap((label) => [
      draw(),
      label,
      -label,
      (draw() < 0.5 ? -1 : 1) * (label + 0.9 * draw()),
      label === 1 ? Number.NaN : draw(),
    ]),
  );
  return { x: { rows: count, columns: 5, values }, y };
}

describe('singleFeatures', () => {
  it('finds features that give the label away in any order, by their distance, or by being missing', () => {
    const names = ['noise', 'label', 'opposite', 'distance', 'missing'];
    const found = singleFeatures(rows(4_000, 1), rows(2_000, 2), names);
    const byName = new Map(found.map(({ feature, aucRoc }) => [feature, aucRoc]));
    for (const name of ['label', 'opposite', 'missing']) expect(byName.get(name), name).toBe(1);
    expect(byName.get('distance')).toBeGreaterThan(0.99);
    expect(byName.get('noise')).toBeLessThan(0.56);
    expect(found.at(-1)?.feature).toBe('noise');
  });
});
