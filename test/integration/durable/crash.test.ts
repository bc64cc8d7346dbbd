import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkCrashRun } from '../../../tools/crash-check.ts';
import { crashRun } from '../../../tools/crash-run.ts';

it('loses and doubles nothing when hosts are killed while they work', async () => {
  const home = await mkdtemp(join(tmpdir(), 'durable-crash-'));
  try {
    const crashed = await crashRun({ orchestrations: 24, kills: 4, hosts: 2, seed: 7, home });
    const { faults, instances, activities, activityRuns } = await checkCrashRun(crashed);
    expect(faults).toEqual([]);
    expect(instances).toBeGreaterThan(24);
    expect(activityRuns).toBeGreaterThanOrEqual(activities);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
