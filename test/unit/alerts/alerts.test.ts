import { beforeEach, describe, expect, it } from 'vitest';
import type { Alert, AlertFacts } from '../../../shared/alerts/alert.ts';
import { Alerts } from '../../../shared/alerts/alerts.ts';
import { Failure } from '../../../shared/failure.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';

const NOW = Date.parse('2026-03-02T06:00:00Z');
const drift: AlertFacts = {
  model: 'cards',
  key: 'drift',
  severity: 'info',
  title: "The input 'amount' has drifted",
  detail: 'Amounts are twice what they were.',
  path: '/api/models/cards/drift/1',
};
const alarm: AlertFacts = { ...drift, severity: 'critical' };

let memory: MemoryRegistry;
let posted: Alert[];
let recorded: Alert[];
let reported: string[];
let isDown: boolean;
let now: number;

beforeEach(() => {
  memory = new MemoryRegistry();
  [posted, recorded, reported] = [[], [], []];
  isDown = false;
  now = NOW;
});

function alerts(): Alerts {
  return new Alerts({
    documents: memory.documents,
    post: async (alert) => {
      if (isDown) throw new Error('down');
      await Promise.resolve(posted.push(alert));
    },
    record: (alert) => recorded.push(alert),
    time: () => now,
    report: (message) => reported.push(message),
  });
}

const said = (all: readonly Alert[]) => all.map(({ state, severity }) => `${state} ${severity}`);

describe('alerts', () => {
  it('are sent once, again when they become more severe, and when they are over', async () => {
    const all = alerts();
    await all.raise(drift);
    await all.raise(drift);
    now += 86_400_000;
    await all.raise(alarm);
    await all.raise(alarm);
    await all.raise(drift);
    await all.resolve('cards', 'drift', 'Nothing has drifted since.');
    await all.resolve('cards', 'drift', 'Nothing has drifted since.');
    expect(said(posted)).toEqual(['raised info', 'raised critical', 'resolved critical']);
    expect(said(recorded)).toEqual(said(posted));
    // One occurrence, from its first notice to its end.
    expect(new Set(posted.map(({ raisedAt }) => raisedAt))).toEqual(new Set([new Date(NOW).toISOString()]));
    expect(posted.at(-1)?.detail).toBe('Nothing has drifted since.');
    now += 86_400_000;
    await all.raise(drift);
    expect(posted.at(-1)).toMatchObject({ state: 'raised', raisedAt: new Date(now).toISOString() });
  });

  it('say nothing of an end where nothing was raised', async () => {
    await alerts().resolve('cards', 'performance', 'Fine.');
    expect(posted).toEqual([]);
    expect(await alerts().read('cards', 'performance')).toBeUndefined();
  });

  it('are sent later where the webhook was down, each as it is by then, until nobody wants to know', async () => {
    isDown = true;
    const all = alerts();
    await all.raise(alarm);
    await all.raise({ ...alarm, key: 'performance', model: 'loans' });
    expect(reported).toHaveLength(2);
    expect(await all.deliverOpen()).toBe(2);
    isDown = false;
    await all.resolve('loans', 'performance', 'As good as before.');
    expect(await all.deliverOpen()).toBe(0);
    expect(said(posted)).toEqual(['resolved critical', 'raised critical']);
    expect(await all.deliverOpen()).toBe(0);
    expect(posted).toHaveLength(2);

    isDown = true;
    await all.raise({ ...alarm, model: 'cheques' });
    isDown = false;
    now += 25 * 3_600_000;
    expect(await all.deliverOpen()).toBe(0);
    expect(posted).toHaveLength(2);
  });

  it('are raised once by workers that do so at the same moment', async () => {
    await Promise.all(Array.from({ length: 5 }, async () => alerts().raise(alarm)));
    expect(said(posted)).toEqual(['raised critical']);
    expect(said(recorded)).toEqual(['raised critical']);
  });

  it('fail where they cannot be recorded, so that whoever raises one does so again', async () => {
    memory.before = (call) => {
      if (call === 'create') throw new Failure('unavailable', 'down');
    };
    await expect(alerts().raise(alarm)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(posted).toEqual([]);
  });
});
