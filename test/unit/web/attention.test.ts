import { describe, expect, it } from 'vitest';
import { type Facts, noticesOf } from '../../../web/attention.ts';
import { promotionToShow, revisionOf, situation } from '../../../web/promotion-state.ts';
import type { Promotion } from '../../../web/shapes.ts';

const NOW = Date.parse('2026-03-02T12:00:00Z');
const NOTHING: Facts = {
  minutes: undefined,
  promotion: undefined,
  drift: undefined,
  performance: undefined,
  runs: undefined,
};

function promotion(phase: string, rest: Partial<Promotion> = {}): Promotion {
  return {
    promotionId: 'p1',
    version: '2',
    champion: '1',
    phase,
    step: 1,
    percent: 5,
    plan: { steps: [{ percent: 5, bake: '1h' }] },
    startedAt: '2026-03-02T10:00:00Z',
    evaluations: [],
    changes: [],
    ...rest,
  };
}

const minutes = (errors: number, fallbacks = 0) => ({
  from: '2026-03-02T11:00:00Z',
  to: '2026-03-02T12:00:30Z',
  items: [
    {
      minute: '2026-03-02T11:58:00Z',
      version: '1',
      variant: 'champion',
      predictions: 1_000,
      errors,
      fallbacks,
    },
  ],
});

const run = (status: string, endedAt?: string) => ({
  items: [
    {
      runId: 'r1',
      reason: 'schedule',
      status,
      step: 'search',
      trials: [],
      error: 'the disk is full',
      ...(endedAt === undefined ? {} : { endedAt }),
    },
  ],
});

const drift = (drifted: boolean, alarm: boolean) => ({
  id: 'd1',
  window: { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' },
  drifted,
  alarm,
  columns: ['a', 'b', 'c', 'd', 'e'].map((column) => ({
    column,
    driftScore: 1,
    threshold: 1,
    drifted: column !== 'e',
  })),
});

describe('what needs attention', () => {
  it.each<[string, Partial<Facts>, RegExp, 'act' | 'watch']>([
    ['failing predictions', { minutes: minutes(20) }, /2 % of the predictions/, 'act'],
    ['a canary that falls back', { minutes: minutes(0, 300) }, /canary fails: 30 %/, 'act'],
    ['an approval', { promotion: promotion('awaiting-approval') }, /Version 2 waits for an approval/, 'act'],
    ['a canary', { promotion: promotion('canary') }, /being promoted: canary, 5 %/, 'watch'],
    [
      'a rollback of today',
      { promotion: promotion('rolled-back', { endedAt: '2026-03-02T11:00:00Z', reason: 'it fails' }) },
      /rolled-back: it fails/,
      'watch',
    ],
    ['a drift alarm', { drift: drift(true, true) }, /Drift alarm: a, b, c and 1 more\./, 'act'],
    ['a first drifted window', { drift: drift(true, false) }, /one window, not confirmed/, 'watch'],
    ['a retrain', { runs: run('running') }, /A retrain runs \(schedule\): search/, 'watch'],
    ['a failed retrain', { runs: run('failed', '2026-03-02T11:00:00Z') }, /failed: the disk is full/, 'act'],
  ])('is %s', (_name, facts, text, level) => {
    expect(noticesOf({ ...NOTHING, ...facts }, NOW)).toEqual([
      expect.objectContaining({ level, text: expect.stringMatching(text) }),
    ]);
  });

  it.each<[string, Partial<Facts>]>([
    ['nothing known', {}],
    ['few errors', { minutes: minutes(10) }],
    ['a promoted version', { promotion: promotion('promoted', { endedAt: '2026-03-02T11:00:00Z' }) }],
    ['a rollback of last week', { promotion: promotion('rolled-back', { endedAt: '2026-02-23T11:00:00Z' }) }],
    ['a report without drift', { drift: drift(false, false) }],
    ['a failed retrain of last week', { runs: run('failed', '2026-02-23T11:00:00Z') }],
  ])('is not %s', (_name, facts) => {
    expect(noticesOf({ ...NOTHING, ...facts }, NOW)).toEqual([]);
  });

  it('is listed with what is urgent first', () => {
    const facts = { ...NOTHING, promotion: promotion('canary'), drift: drift(true, true) };
    expect(noticesOf(facts, NOW).map(({ level }) => level)).toEqual(['act', 'watch']);
  });
});

describe('the promotion that is shown', () => {
  it('is the one that runs, otherwise the last one', () => {
    const [ended, running] = [promotion('aborted', { promotionId: 'new' }), promotion('shadow')];
    expect(promotionToShow([ended, running])).toBe(running);
    expect(promotionToShow([ended])).toBe(ended);
    expect(promotionToShow([])).toBeUndefined();
  });

  it('is read again when anything about it has changed', () => {
    const look = { at: '2026-03-02T11:00:00Z', phase: 'canary', step: 1, verdict: 'pass', gates: [] };
    const revisions = [
      promotion('canary'),
      promotion('canary', { step: 2 }),
      promotion('canary', { evaluations: [look] }),
      promotion('canary', { changes: [{ at: '', by: '', what: '' }] }),
      promotion('promoted'),
    ].map(revisionOf);
    expect(new Set(revisions).size).toBe(5);
    expect(revisionOf(promotion('canary'))).toBe(revisions[0]);
  });

  it.each([
    ['shadow', /without traffic/],
    ['canary', /5 % of the traffic \(step 1 of 1\)/],
    ['awaiting-approval', /waits for an approval at 5 %/],
    ['promoted', /was promoted over version 1/],
    ['expired', /is expired/],
  ])('is described in %s', (phase, text) => {
    expect(situation(promotion(phase))).toMatch(text);
  });
});
