import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashPromotions } from '../../../tools/promotion-crash-run.ts';
import { DEFAULT_MODEL, startAppStack } from '../../fixtures/app-stack.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  // Its first version is a small one.
  await (await startAppStack({}, home)).stop();
}, 60_000);
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

describe('promotions on a stack that is killed', () => {
  it('are found again in a consistent state each time, and end by themselves', async () => {
    const { faults, ended, killedIn, answered } = await crashPromotions({
      model: DEFAULT_MODEL,
      kills: 1,
      seed: 1,
      home,
      mostMs: 4_000,
    });
    expect(faults).toEqual([]);
    expect(Object.values(killedIn).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(Object.values(ended).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(0);
  }, 150_000);
});
