import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyChanges,
  ChangeDescriber,
  type LokiChange,
  type LokiDocument,
} from '../../../../local/storage/loki-changes.ts';

type Step =
  | { readonly is: 'write'; readonly id: number; readonly value: number }
  | { readonly is: 'append'; readonly id: number; readonly value: number }
  | { readonly is: 'rewrite'; readonly id: number; readonly blocks: number[] }
  | { readonly is: 'remove'; readonly id: number };

const id = fc.integer({ min: 1, max: 4 });
const value = fc.integer({ min: 0, max: 999 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ is: fc.constant('write' as const), id, value }),
  { arbitrary: fc.record({ is: fc.constant('append' as const), id, value }), weight: 3 },
  fc.record({ is: fc.constant('rewrite' as const), id, blocks: fc.array(value, { maxLength: 3 }) }),
  fc.record({ is: fc.constant('remove' as const), id }),
);

/** A database that only has to remember, beside what was told of its changes. */
class Model {
  readonly rows = new Map<number, LokiDocument & { committedBlocksInOrder?: unknown[] }>();
  readonly changes: unknown[] = [];
  readonly #describe = new ChangeDescriber();

  take(next: Step): void {
    const row = this.rows.get(next.id) ?? { $loki: next.id };
    switch (next.is) {
      case 'write':
        row['value'] = next.value;
        break;
      case 'append':
        (row.committedBlocksInOrder ??= []).push(next.value);
        break;
      case 'rewrite':
        row.committedBlocksInOrder = next.blocks;
        break;
      case 'remove':
        if (this.rows.delete(next.id)) this.#record(this.#describe.remove('rows', row));
        return;
    }
    this.rows.set(next.id, row);
    this.#record(this.#describe.put('rows', row));
  }

  snapshot(): unknown {
    return through({ collections: [{ name: 'rows', data: this.#sorted(), maxId: 4 }] });
  }

  #sorted(): LokiDocument[] {
    return [...this.rows.values()].toSorted((a, b) => a.$loki - b.$loki);
  }

  #record(change: LokiChange): void {
    this.changes.push(through(change));
  }
}

/** As it comes back from a file. */
function through(value_: unknown): unknown {
  return JSON.parse(JSON.stringify(value_));
}

test('a snapshot from any moment and the changes since any earlier moment make the database', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), fc.nat(40), (steps, some, other) => {
      const [journalFrom, snapshotAt] = [Math.min(some, other), Math.max(some, other)];
      const model = new Model();
      let snapshot = model.snapshot();
      let first = 0;
      for (const [index, one] of steps.entries()) {
        if (index === journalFrom) first = model.changes.length;
        if (index === snapshotAt) snapshot = model.snapshot();
        model.take(one);
      }
      // A snapshot that was never taken is the empty one, which needs every change.
      const changes = snapshotAt < steps.length ? model.changes.slice(first) : model.changes;
      expect(applyChanges(snapshot, changes)).toEqual(model.snapshot());
    }),
    { numRuns: 500 },
  );
});

test('tells of an append only what it added', () => {
  const describe = new ChangeDescriber();
  const blocks = Array.from({ length: 1_000 }, (_, index) => index);
  const row = { $loki: 1, size: 1_000, committedBlocksInOrder: blocks };
  expect(describe.put('rows', row).is).toBe('put');
  blocks.push(1_000);
  const grown = describe.put('rows', { ...row, size: 1_001 });
  expect(grown).toEqual({
    is: 'grow',
    in: 'rows',
    document: { $loki: 1, size: 1_001 },
    from: 1_000,
    blocks: [1_000],
  });
});

test('refuses changes that continue what the snapshot has not', () => {
  const grow = { is: 'grow', in: 'rows', document: { $loki: 1 }, from: 3, blocks: ['fourth'] };
  const snapshot = { collections: [{ name: 'rows', data: [], maxId: 0 }] };
  expect(() => applyChanges(snapshot, [grow])).toThrow(/rows\/1/);
  expect(applyChanges(snapshot, [grow, { is: 'remove', in: 'rows', id: 1 }]).collections[0]?.data).toEqual(
    [],
  );
});

test('makes and drops collections', () => {
  const changes = [
    { is: 'create', in: 'kept', indices: ['RowKey'], unique: [] },
    { is: 'create', in: 'dropped', indices: [], unique: [] },
    { is: 'put', in: 'kept', document: { $loki: 7, RowKey: 'a' } },
    { is: 'drop', in: 'dropped' },
  ];
  const { collections } = applyChanges({ collections: [] }, changes);
  expect(collections).toMatchObject([{ name: 'kept', maxId: 7, data: [{ $loki: 7, RowKey: 'a' }] }]);
});
