import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entityInstanceId,
  lockOrder,
  parseEntityId,
} from '../../../../../local/durable/entities/entity-messages.ts';

describe("an entity's ids", () => {
  it('carry name and key; the key may hold the sign that divides them', () => {
    expect(entityInstanceId({ name: 'Counter', key: 'A@b' })).toBe('@counter@A@b');
    expect(parseEntityId('@counter@A@b')).toEqual({ name: 'counter', key: 'A@b' });
    expect(['counter', '@counter', '@@k', ''].map(parseEntityId)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('have one order, whatever order they are named in', () => {
    const entity = fc.record({ name: fc.constantFrom('a', 'A', 'b'), key: fc.constantFrom('x', 'y', 'z') });
    fc.assert(
      fc.property(fc.array(entity), (entities) => {
        const ordered = lockOrder(entities).map(entityInstanceId);
        expect(ordered).toEqual([...new Set(entities.map(entityInstanceId))].toSorted());
        expect(lockOrder(entities.toReversed()).map(entityInstanceId)).toEqual(ordered);
      }),
    );
  });
});
