import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerCommand } from '../../../shared/promotion/command.ts';
import { criteriaOf } from '../../../shared/promotion/criteria.ts';
import { decide, type Decision } from '../../../shared/promotion/decide.ts';
import { EMPTY_BLOCK } from '../../../shared/promotion/evidence.ts';
import { evolve, type PromotionEvent } from '../../../shared/promotion/evolve.ts';
import { type Gate, GATES, type GateResult, type Verdict } from '../../../shared/promotion/gate.ts';
import { type Assessment, assess } from '../../../shared/promotion/gathered.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { begin, isOver, type PromotionState, promotionStateSchema } from '../../../shared/promotion/state.ts';
import { armsBlock } from './blocks.ts';

const MINUTE = 60_000;
const PLAN = planSchema.parse({
  shadow: { bake: '10m' },
  steps: [
    { percent: 5, bake: '10m' },
    { percent: 50, bake: '20m' },
    { percent: 100, bake: '10m' },
  ],
  extendAtMost: '5m',
  approvalExpires: '30m',
  keepWarm: '15m',
});
const WATCHED = planSchema.parse({ ...PLAN, approval: 'before-full' });

function assessment(verdict: Verdict, gate: Gate = 'errorRate'): Assessment {
  const result: GateResult = {
    gate,
    verdict,
    champion: { n: 10 },
    canary: { n: 10 },
    estimate: 0,
    lower: null,
    upper: null,
    margin: 0.005,
    ...(verdict === 'pass' ? {} : { reason: `${gate} is ${verdict}` }),
  };
  return { verdict, gates: [result] };
}

/** The state after events, and what is decided then. */
function given(plan = PLAN, events: readonly PromotionEvent[] = [], requestedBy?: string): PromotionState {
  return events.reduce((state, event) => evolve(state, event, criteriaOf(plan)), begin(plan, 0, requestedBy));
}

function step(at: number, number: number): PromotionEvent {
  return { kind: 'step-started', at: at * MINUTE, step: number };
}

function decided(state: PromotionState, verdict: Verdict, minute: number): Decision {
  return decide(state, assessment(verdict), minute * MINUTE);
}

const ASKED: PromotionEvent = {
  kind: 'approval-requested',
  at: 10 * MINUTE,
  next: 3,
  reason: 'all gates pass',
};
const APPROVED: PromotionEvent = { kind: 'approved', at: 12 * MINUTE, by: 'ada' };

describe('a step', () => {
  test.each(['shadow', 'canary'])('stays until it has baked, however clear the evidence is (%s)', (phase) => {
    const state = given(PLAN, phase === 'shadow' ? [] : [step(0, 1)]);
    expect(state.situation.phase).toBe(phase);
    expect(decided(state, 'pass', 9.9)).toEqual({ kind: 'stay' });
    expect(decided(state, 'inconclusive', 9.9)).toEqual({ kind: 'stay' });
  });

  test('goes on at the first check after its bake time at which all gates pass', () => {
    expect(decided(given(), 'pass', 10)).toEqual({ kind: 'advance', step: 1, percent: 5 });
    expect(decided(given(PLAN, [step(10, 1)]), 'pass', 20)).toEqual({
      kind: 'advance',
      step: 2,
      percent: 50,
    });
    expect(decided(given(PLAN, [step(0, 1), step(10, 2)]), 'pass', 29)).toEqual({ kind: 'stay' });
    expect(decided(given(PLAN, [step(0, 1), step(10, 2)]), 'pass', 31)).toMatchObject({
      step: 3,
      percent: 100,
    });
  });

  test('rolls back at once where one gate fails, and names it', () => {
    const failed: Assessment = {
      verdict: 'fail',
      gates: [...assessment('pass').gates, ...assessment('fail', 'latencyP95').gates],
    };
    expect(decide(given(), failed, MINUTE)).toEqual({
      kind: 'roll-back',
      gate: 'latencyP95',
      reason: 'latencyP95 is fail',
    });
  });

  test('is extended once where the evidence does not say, then waits for a person', () => {
    const state = given();
    expect(decided(state, 'inconclusive', 10)).toEqual({
      kind: 'extend',
      until: 15 * MINUTE,
      reason: 'errorRate: errorRate is inconclusive',
    });
    const extended = given(PLAN, [{ kind: 'extended', at: 10 * MINUTE }]);
    expect(decided(extended, 'inconclusive', 14)).toEqual({ kind: 'stay' });
    expect(decided(extended, 'pass', 14)).toMatchObject({ kind: 'advance', step: 1 });
    expect(decided(extended, 'inconclusive', 15)).toEqual({
      kind: 'await-approval',
      next: 1,
      reason: 'too little evidence: errorRate: errorRate is inconclusive',
    });
  });
});

describe('approval', () => {
  test('is asked for before all traffic goes over, or before every step', () => {
    const before = given(WATCHED, [step(0, 1), step(0, 2)]);
    expect(decided(given(WATCHED, [step(0, 1)]), 'pass', 10)).toMatchObject({ kind: 'advance', step: 2 });
    expect(decided(before, 'pass', 20)).toMatchObject({ kind: 'await-approval', next: 3 });
    const every = planSchema.parse({ ...PLAN, approval: 'every-step' });
    expect(decided(given(every), 'pass', 10)).toMatchObject({ kind: 'await-approval', next: 1 });
    const last = given(every, [step(0, 1), step(0, 2), step(0, 3)]);
    expect(decided(last, 'pass', 10)).toEqual({ kind: 'promote' });
  });

  test('is asked for before a promotion from a share of the traffic', () => {
    const plan = planSchema.parse({ ...WATCHED, steps: [{ percent: 50, bake: '10m' }] });
    expect(decided(given(plan, [step(0, 1)]), 'pass', 10)).toMatchObject({
      kind: 'await-approval',
      next: 'promote',
    });
    const open = planSchema.parse({ ...plan, approval: 'none' });
    expect(decided(given(open, [step(0, 1)]), 'pass', 10)).toEqual({ kind: 'promote' });
  });

  test('goes on once given, waits until it is, and expires', () => {
    const asked = given(WATCHED, [step(0, 1), step(0, 2), ASKED]);
    expect(asked.situation).toMatchObject({ phase: 'awaiting-approval', step: 2, percent: 50 });
    expect(decided(asked, 'pass', 39)).toEqual({ kind: 'stay' });
    expect(decided(asked, 'inconclusive', 40)).toMatchObject({ kind: 'expire' });
    const approved = evolve(asked, APPROVED, criteriaOf(WATCHED));
    expect(decided(approved, 'inconclusive', 50)).toEqual({ kind: 'advance', step: 3, percent: 100 });
    expect(evolve(approved, step(13, 3), criteriaOf(WATCHED)).situation).toMatchObject({
      phase: 'canary',
      step: 3,
    });
  });

  test('does not keep a failure from rolling back', () => {
    const approved = given(WATCHED, [step(0, 1), step(0, 2), ASKED, APPROVED]);
    expect(decided(approved, 'fail', 13)).toMatchObject({ kind: 'roll-back', gate: 'errorRate' });
  });

  test('is needed: a step that starts without it changes nothing', () => {
    const asked = given(WATCHED, [step(0, 1), step(0, 2), ASKED]);
    expect(evolve(asked, step(11, 3), criteriaOf(WATCHED))).toBe(asked);
  });
});

describe('commands', () => {
  const asked = given(WATCHED, [step(0, 1), step(0, 2), ASKED], 'eve');

  test('nobody approves what they asked for', () => {
    expect(answerCommand(asked, { kind: 'approve', by: 'eve' }, 0)).toMatchObject({ why: 'forbidden' });
    expect(answerCommand(asked, { kind: 'approve', by: 'ada' }, 12 * MINUTE)).toEqual({
      accepted: true,
      event: APPROVED,
    });
    expect(answerCommand(given(), { kind: 'approve', by: 'ada' }, 0)).toMatchObject({ why: 'conflict' });
  });

  test('a running promotion is aborted, a promoted one rolled back', () => {
    const why = { by: 'ada', reason: 'wrong file' };
    for (const kind of ['abort', 'rollback'] as const) {
      expect(answerCommand(asked, { kind, ...why }, 5)).toEqual({
        accepted: true,
        event: { kind: 'aborted', at: 5, ...why },
      });
    }
    const promoted = given(PLAN, [step(0, 1), step(0, 2), step(0, 3), { kind: 'promoted', at: 0 }]);
    expect(answerCommand(promoted, { kind: 'abort', ...why }, 5)).toMatchObject({ why: 'conflict' });
    expect(answerCommand(promoted, { kind: 'rollback', ...why }, 5)).toMatchObject({
      event: { kind: 'rolled-back' },
    });
    const aborted = given(PLAN, [{ kind: 'aborted', at: 0, ...why }]);
    expect(answerCommand(aborted, { kind: 'rollback', ...why }, 5)).toMatchObject({ why: 'conflict' });
  });
});

describe('after the promotion', () => {
  const promoted = given(PLAN, [step(0, 1), step(0, 2), step(0, 3), { kind: 'promoted', at: 0 }]);

  test('the watch can still roll back, and ends', () => {
    expect(promoted.situation).toMatchObject({ phase: 'promoted', percent: 100, watched: true });
    expect(decided(promoted, 'fail', 5)).toMatchObject({ kind: 'roll-back' });
    expect(decided(promoted, 'inconclusive', 14)).toEqual({ kind: 'stay' });
    expect(decided(promoted, 'inconclusive', 15)).toEqual({ kind: 'end-watch' });
    const ended = evolve(promoted, { kind: 'watch-ended', at: 1 }, criteriaOf(PLAN));
    expect(isOver(ended)).toBe(true);
    expect(decided(ended, 'fail', 20)).toEqual({ kind: 'finish' });
  });

  test('there is none where the old champion is not kept', () => {
    const cold = planSchema.parse({ ...PLAN, keepWarm: '0s', steps: [{ percent: 50, bake: '0s' }] });
    const state = given(cold, [step(0, 1), { kind: 'promoted', at: 0 }]);
    expect(isOver(state)).toBe(true);
  });
});

test('a plan without a shadow begins with its first step', () => {
  const plan = planSchema.parse({ ...PLAN, shadow: null });
  expect(begin(plan, 7).situation).toEqual({
    phase: 'canary',
    step: 1,
    percent: 5,
    since: 7,
    extended: false,
  });
});

test('the state is plain data', () => {
  const state = given(WATCHED, [step(0, 1), ASKED, APPROVED], 'eve');
  expect(promotionStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
});

describe('any sequence of events', () => {
  const at = fc.nat(100).map((minute) => minute * MINUTE);
  const event: fc.Arbitrary<PromotionEvent> = fc.oneof(
    at.map((time): PromotionEvent => ({ kind: 'checked', at: time, block: EMPTY_BLOCK })),
    at.map((time): PromotionEvent => ({ kind: 'extended', at: time })),
    fc
      .tuple(at, fc.nat(4))
      .map(([time, number]): PromotionEvent => ({ kind: 'step-started', at: time, step: number })),
    at.map((time): PromotionEvent => ({ kind: 'approval-requested', at: time, next: 1, reason: '-' })),
    at.map((time): PromotionEvent => ({ kind: 'approved', at: time, by: 'ada' })),
    at.map((time): PromotionEvent => ({ kind: 'promoted', at: time })),
    at.map((time): PromotionEvent => ({ kind: 'watch-ended', at: time })),
    fc
      .tuple(at, fc.constantFrom(...GATES))
      .map(([time, gate]): PromotionEvent => ({ kind: 'rolled-back', at: time, gate, reason: '-' })),
    at.map((time): PromotionEvent => ({ kind: 'aborted', at: time, by: 'ada', reason: '-' })),
    at.map((time): PromotionEvent => ({ kind: 'expired', at: time, reason: '-' })),
  );

  test('never leads back from an end, never skips a step, and what it leads to can be parsed', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let state = begin(WATCHED, 0);
        for (const one of events) {
          const next = evolve(state, one, criteriaOf(WATCHED));
          if (isOver(state)) expect(next).toBe(state);
          expect(next.situation.step - state.situation.step).toBeOneOf([0, 1]);
          if (next.situation.phase === 'promoted') expect(next.situation.step).toBe(3);
          state = next;
        }
        expect(promotionStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
      }),
      { numRuns: 200 },
    );
  });

  test('without data nothing ever advances or is promoted, at whatever times it is looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(10_000)), { maxLength: 30 }), (looks) => {
        let state = begin(WATCHED, 0);
        for (const [one, minute] of looks) {
          if (one.kind === 'approved') continue;
          state = evolve(state, one, criteriaOf(WATCHED));
          const decision = decide(state, assess(state.gathered, criteriaOf(WATCHED)), minute * MINUTE);
          expect(decision.kind).not.toBeOneOf(['advance', 'promote']);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test('increments that come after the end are not counted', () => {
  const ended = given(PLAN, [
    { kind: 'expired', at: 0, reason: '-' },
    { kind: 'aborted', at: 0, by: 'a', reason: '-' },
  ]);
  expect(ended.situation.phase).toBe('aborted');
  const block = armsBlock({ n: 5 }, { n: 5 });
  expect(evolve(ended, { kind: 'checked', at: 1, block }, criteriaOf(PLAN))).toBe(ended);
});
