import { beforeEach, describe, expect, it } from 'vitest';
import { orderPromotion, rollBackModel } from '../../../../shared/promotion/orders.ts';
import { governancePage } from '../../../../tools/governance/page.ts';
import { reportOf, textsOf } from '../../../fixtures/governance-report.ts';
import { MODEL, PromotionWorld } from '../../../fixtures/promotion-world.ts';
import { APPROVED, untilOver, untilPhase } from '../../../fixtures/until-phase.ts';

const DAY = 86_400_000;

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

describe('a promotion in the report', () => {
  it('names who asked, who approved, and the gates with their numbers', async () => {
    const id = await world.start('2', APPROVED, 'ada');
    await untilPhase(world, id, 'awaiting-approval');
    await orderPromotion(world.parts, MODEL, id, { kind: 'approve', by: 'grace' });
    await untilOver(world, id);
    const found = await reportOf(world);
    const [promotion] = found.promotions;
    expect(promotion).toMatchObject({
      version: '2',
      champion: '1',
      phase: 'promoted',
      requestedBy: 'ada',
      approvals: [{ by: 'grace' }],
    });
    expect(promotion?.evaluations.length).toBeGreaterThan(3);
    expect(textsOf(found, 'no-approval')).toEqual([]);
    const canary = promotion?.evaluations.findLast(({ step }) => step === 1);
    const gate = canary?.gates.find((one) => one.gate === 'errorRate');
    const html = await governancePage(found);
    for (const said of ['ada', 'grace', 'errorRate', gate?.canary.n.toLocaleString('en-GB') ?? 'no gate'])
      expect(html).toContain(said);
    expect(found.changes.some(({ by }) => by === 'grace')).toBe(true);
  });

  it('is a gap where its plan asked for no approval and nobody is on record', async () => {
    await untilOver(world, await world.start());
    const found = await reportOf(world);
    expect(textsOf(found, 'no-approval')).toEqual([
      expect.stringContaining(
        "Version 2 became champion without a person's approval: its plan asked for none.",
      ),
    ]);
    expect(textsOf(found, 'no-requester')).toHaveLength(1);
  });

  it('is a gap while it is under way', async () => {
    const id = await world.start();
    await world.minute();
    await world.check(id);
    expect(textsOf(await reportOf(world), 'under-way')).toEqual([`promotion ${id}: It is not over: shadow.`]);
  });

  it('that was rolled back is told with who and why, as text and not as markup', async () => {
    await untilOver(world, await world.start());
    await rollBackModel(world.parts, MODEL, { by: 'ada', reason: '<script>chargebacks</script>' });
    const found = await reportOf(world);
    expect(found.changes.filter(({ isRollback }) => isRollback)).toEqual([
      expect.objectContaining({ by: 'ada', what: expect.stringContaining('chargebacks') }),
    ]);
    const html = await governancePage(found);
    expect(html).toContain('&lt;script&gt;chargebacks');
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/(?:src|href)="(?!#)/);
  });
});

describe('the times of the report', () => {
  it('say which version served when, cut to the window that was asked for', async () => {
    const start = world.now;
    const id = await world.start();
    await untilOver(world, id);
    const promoted = Date.parse(world.record(id).changes.find(({ phase }) => phase === 'promoted')?.at ?? '');
    const whole = await reportOf(world);
    const second = whole.versions.find(({ version }) => version === '2');
    expect(second?.served.at(-1)).toMatchObject({ variant: 'champion', percent: 100, promotionId: id });
    expect(Date.parse(second?.served.at(-1)?.from ?? '')).toBe(promoted);
    const first = whole.versions.find(({ version }) => version === '1');
    expect(first?.served[0]).toMatchObject({ from: new Date(start).toISOString(), variant: 'champion' });
    expect(Date.parse(first?.served.at(-1)?.to ?? '')).toBeLessThanOrEqual(promoted);

    const later = await reportOf(world, promoted + 1);
    expect(later.versions.map(({ version }) => version)).toEqual(['2']);
    expect(later.versions[0]?.served).toEqual([
      { from: new Date(promoted + 1).toISOString(), variant: 'champion', percent: 100, promotionId: id },
    ]);
    expect((await reportOf(world, start - 2 * DAY, start - DAY)).versions).toEqual([]);
  });
});
