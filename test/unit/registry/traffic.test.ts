import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TrafficRow, trafficRowSchema } from '../../../shared/registry/rows.ts';
import {
  claim,
  promote,
  release,
  renew,
  returnTraffic,
  rollBack,
  setStep,
  type Transition,
} from '../../../shared/registry/traffic.ts';
import { trafficRow } from '../../fixtures/traffic-row.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 10, minute));
const by = (minute: number) => ({ at: at(minute), by: 'promotion p' });
const own = { promotionId: 'p', epoch: 2 };
const claimed = claim({ promotionId: 'p', candidate: '2', validUntil: at(10) }, by(0));
const step = (number: number, percent: number, until = 20) =>
  setStep(own, { step: number, percent, shadow: percent === 0, validUntil: at(until) }, by(number));

/** The row after all these, each of which has to change it. */
function given(...transitions: readonly Transition[]): TrafficRow {
  return transitions.reduce((row, transition) => {
    const outcome = transition(row);
    if (outcome.kind !== 'changed') throw new Error(`${outcome.kind}: not what was to be given`);
    return trafficRowSchema.parse(outcome.row);
  }, trafficRow('1'));
}

/** What of a row decides over traffic. */
const traffic = ({ champion, canary, shadow, claim: held }: TrafficRow) => ({
  champion: champion.version,
  canary: canary?.percent ?? 0,
  shadow: shadow !== null,
  held: held?.promotionId,
});

/** Why a row refuses a transition. */
function refusal(row: TrafficRow, transition: Transition): string | undefined {
  const outcome = transition(row);
  return outcome.kind === 'refused' ? outcome.reason : undefined;
}

describe('a claim', () => {
  it('is taken by one promotion, with the epoch that its writes carry', () => {
    expect(given(claimed)).toMatchObject({
      epoch: 2,
      claim: { promotionId: 'p', epoch: 2, step: 0, candidate: '2', validUntil: at(10).toISOString() },
      changedBy: 'promotion p',
    });
  });

  it('is refused to another promotion, also when it has expired', () => {
    const late = claim({ promotionId: 'q', candidate: '3', validUntil: at(99) }, by(59));
    expect(refusal(given(claimed), late)).toMatch(/promotion p is under way/);
  });

  it('changes nothing when it is taken again', () => {
    expect(claimed(given(claimed))).toEqual({ kind: 'unchanged' });
  });

  it('is refused for the champion', () => {
    expect(refusal(trafficRow('2'), claimed)).toMatch(/version 2 is the champion/);
  });

  it('is free again after its release', () => {
    const row = given(claimed, step(0, 0), release(own, by(3)));
    expect(traffic(row)).toEqual({ champion: '1', canary: 0, shadow: false, held: undefined });
    expect(claimed(row)).toMatchObject({ kind: 'changed', row: { claim: { epoch: 5 } } });
  });
});

describe('a step', () => {
  it('gives the candidate a shadow, then a share of the traffic', () => {
    expect(given(claimed, step(0, 0))).toMatchObject({
      canary: null,
      shadow: { version: '2', promotionId: 'p', step: 0 },
    });
    expect(given(claimed, step(0, 0), step(1, 25))).toMatchObject({
      canary: { version: '2', percent: 25, promotionId: 'p', step: 1 },
      shadow: null,
      claim: { step: 1, validUntil: at(20).toISOString() },
    });
  });

  it('changes nothing when it is set again', () => {
    expect(step(1, 25)(given(claimed, step(1, 25)))).toEqual({ kind: 'unchanged' });
  });

  it('is refused after a later one', () => {
    expect(refusal(given(claimed, step(1, 5), step(2, 25)), step(1, 5))).toMatch(/is at step 2 already/);
  });

  it('never moves the end of the claim back', () => {
    expect(given(claimed, step(1, 5, 40), step(2, 25, 30)).claim?.validUntil).toBe(at(40).toISOString());
  });
});

describe('a renewal', () => {
  it('moves the end of the claim and nothing else', () => {
    const row = given(claimed, step(1, 25));
    const renewed = given(claimed, step(1, 25), renew(own, 1, at(50), by(5)));
    expect(traffic(renewed)).toEqual(traffic(row));
    expect(renewed.claim?.validUntil).toBe(at(50).toISOString());
  });

  it('that comes late changes nothing', () => {
    const row = given(claimed, step(1, 25, 50));
    expect(renew(own, 1, at(30), by(5))(row)).toEqual({ kind: 'unchanged' });
    expect(refusal(row, renew(own, 0, at(55), by(5)))).toMatch(/step 1/);
  });
});

describe('a promotion', () => {
  const promoted = promote(own, 2, at(40), by(30));

  it('makes the candidate champion in one write, and remembers the one before', () => {
    expect(given(claimed, step(1, 100), promoted)).toMatchObject({
      champion: { version: '2' },
      canary: null,
      shadow: null,
      claim: { promotionId: 'p', step: 2, validUntil: at(40).toISOString() },
      previousChampion: { version: '1', promotionId: 'p' },
    });
  });

  it('happens once', () => {
    const row = given(claimed, step(1, 100), promoted);
    expect(promoted(row)).toEqual({ kind: 'unchanged' });
    expect(refusal(row, step(3, 50))).toMatch(/has made its candidate champion/);
    expect(refusal(row, step(1, 100))).toMatch(/step 2/);
  });

  it('can be taken back while it is watched, and by an operator afterwards', () => {
    const before = { champion: '1', canary: 0, shadow: false, held: undefined };
    expect(traffic(given(claimed, step(1, 100), promoted, returnTraffic(own, by(35))))).toEqual(before);
    const done = given(claimed, step(1, 100), promoted, release(own, by(35)));
    expect(traffic(done)).toEqual({ ...before, champion: '2' });
    const back = rollBack(by(50))(done);
    expect(back).toMatchObject({
      kind: 'changed',
      row: { champion: { version: '1' }, previousChampion: null },
    });
    if (back.kind === 'changed')
      expect(refusal(back.row, rollBack(by(51)))).toMatch(/no champion to return to/);
  });
});

describe('returning the traffic', () => {
  it('takes canary, shadow and claim in one write', () => {
    const nothing = { champion: '1', canary: 0, shadow: false, held: undefined };
    for (const back of [returnTraffic(own, by(9)), rollBack(by(9))]) {
      expect(traffic(given(claimed, step(0, 0), back))).toEqual(nothing);
      expect(traffic(given(claimed, step(1, 50), back))).toEqual(nothing);
    }
  });

  it('leaves the champion before the last promotion for a later rollback', () => {
    const again = { promotionId: 'q', epoch: 6 };
    const row = given(
      claimed,
      step(1, 100),
      promote(own, 2, at(40), by(30)),
      release(own, by(35)),
      claim({ promotionId: 'q', candidate: '3', validUntil: at(50) }, by(40)),
      returnTraffic(again, by(45)),
    );
    expect(row).toMatchObject({ champion: { version: '2' }, previousChampion: { version: '1' } });
  });
});

describe('whatever comes late', () => {
  const anything = fc.oneof(
    fc
      .record({ step: fc.nat(5), percent: fc.nat(100), shadow: fc.boolean() })
      .map((one) => setStep(own, { ...one, validUntil: at(59) }, by(59))),
    fc.nat(5).map((number) => renew(own, number, at(59), by(59))),
    fc.nat(5).map((number) => promote(own, number, at(59), by(59))),
    fc.constantFrom(returnTraffic(own, by(59)), release(own, by(59))),
  );

  it('changes nothing once the promotion has lost the claim', () => {
    const next = claim({ promotionId: 'q', candidate: '3', validUntil: at(50) }, by(40));
    const ended = [
      given(claimed, step(1, 50), returnTraffic(own, by(9))),
      given(claimed, release(own, by(9)), next),
    ];
    // The same promotion again, after a claim that never got anywhere was released: the epoch tells them apart.
    ended.push(given(claimed, release(own, by(9)), claimed));
    fc.assert(
      fc.property(anything, fc.constantFrom(...ended), (transition, row) => {
        expect(transition(row).kind).toBe('refused');
      }),
    );
  });

  it('never changes a row twice', () => {
    fc.assert(
      fc.property(anything, (transition) => {
        const once = transition(given(claimed, step(1, 50)));
        const twice = once.kind === 'changed' ? transition(once.row) : once;
        expect(twice.kind).not.toBe('changed');
      }),
    );
  });
});

describe('a row of the release before promotions', () => {
  it('is read as one without a promotion', () => {
    const { claim: _claim, previousChampion: _previous, ...old } = trafficRow('7');
    expect(trafficRowSchema.parse(old)).toEqual(trafficRow('7'));
  });
});
