import { beforeEach, describe, expect, it } from 'vitest';
import { orderPromotion } from '../../../shared/promotion/orders.ts';
import { listPromotions } from '../../../shared/promotion/read-promotions.ts';
import { MODEL, PromotionWorld } from '../../fixtures/promotion-world.ts';

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

describe('the list', () => {
  it('has the newest first, in pages', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      world.now += 1_000;
      const id = await world.start();
      ids.unshift(id);
      await orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'no' });
    }
    const pages: string[][] = [];
    for (let after: string | undefined; ;) {
      const { items, next } = await listPromotions(world.parts, MODEL, 2, after);
      pages.push(items.map(({ promotionId }) => promotionId));
      after = next;
      if (after === undefined) break;
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });
});
