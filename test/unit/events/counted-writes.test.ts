import { describe, expect, it } from 'vitest';
import { countedDeadLetters, countedSpill } from '../../../shared/events/counted-writes.ts';
import { Failure } from '../../../shared/failure.ts';
import { ToldTelemetry } from '../../fixtures/told-telemetry.ts';

describe('telemetry of writes beside the log', () => {
  it('counts the events that a spill has taken, and none that it has not', async () => {
    const telemetry = new ToldTelemetry();
    let up = true;
    const write = () => (up ? Promise.resolve() : Promise.reject(new Failure('unavailable', 'down')));
    const spill = countedSpill({ write }, telemetry, 'predictions');
    await spill.write(['{}', '{}']);
    up = false;
    await expect(spill.write(['{}'])).rejects.toThrow('down');
    expect(telemetry.told).toEqual([['count', 'tollgate.log.spilled', 2, { hub: 'predictions' }]]);
  });

  it('counts a dead letter once, however often it is written', async () => {
    const telemetry = new ToldTelemetry();
    const there = new Set<string>();
    const create = (path: string) => Promise.resolve(there.size < there.add(path).size);
    const blobs = countedDeadLetters({ create }, telemetry, 'labels');
    for (const path of ['a', 'b', 'a']) await blobs.create(path, Buffer.of());
    const one = ['count', 'tollgate.dead-letter', 1, { hub: 'labels' }];
    expect(telemetry.told).toEqual([one, one]);
  });
});
