import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppendLog } from '../../../shared/events/append-log.ts';
import { collect } from '../../../shared/events/collect.ts';
import { collectLabels } from '../../../shared/outcomes/collect-labels.ts';
import { findLabel, readLabel } from '../../../shared/outcomes/find-label.ts';
import { joinRange, newJoinCounts, type Outcome } from '../../../shared/outcomes/join.ts';
import { type Label, labelEvent } from '../../../shared/outcomes/label-event.ts';
import { LabelTable } from '../../../shared/outcomes/label-table.ts';
import { allOf } from '../../fixtures/all-of.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const HOUR = 3_600_000;
const MINUTE = 60_000;

interface Sent extends Label {
  readonly receivedAt: number;
}

/** Predictions and labels on their way through the collectors, in memory. */
class World {
  readonly predictions = new MemoryBlobs();
  readonly labels = new MemoryBlobs();
  readonly deadLetters = new MemoryBlobs();
  readonly #models: readonly string[];
  readonly #labelLog = new AppendLog(this.labels, 4);
  #sequenceNumber = 0;

  constructor(models: readonly string[]) {
    this.#models = models;
  }

  async collectPrediction(id: string, model: string): Promise<void> {
    const parts = {
      logs: { predictions: new AppendLog(this.predictions), shadows: new AppendLog(this.predictions) },
      counter: { count: () => Promise.resolve() },
      deadLetters: this.deadLetters,
    };
    await collect(parts, this.#batch(eventOf(id, model), '0'));
  }

  collectLabels(sent: Sent, partition = '0'): Promise<unknown> {
    return this.collectBody(JSON.parse(labelEvent(sent, idAt(sent.receivedAt), sent.receivedAt)), partition);
  }

  collectBody(body: unknown, partition = '0') {
    const models = () => Promise.resolve(this.#models);
    const parts = { log: this.#labelLog, deadLetters: this.deadLetters, models };
    return collectLabels(parts, this.#batch(body, partition));
  }

  async joined(model: string, asOf?: number) {
    const counts = newJoinCounts();
    const range = joinRange(this, model, TEN - HOUR, TEN + 2 * HOUR, counts, asOf);
    return { counts, outcomes: await allOf(range) };
  }

  #batch(body: unknown, partition: string) {
    const sequenceNumber = (this.#sequenceNumber += 1);
    return { hub: 'labels', partition, events: [{ body, sequenceNumber, enqueuedTime: TEN }] };
  }
}

const labelsOf = (outcomes: readonly Outcome[]) =>
  new Map(outcomes.map(({ event, label }) => [event.id, label]));

/** What the API says of revisions, in the plainest words. */
function expectedLabel(all: readonly Sent[]): { label: number; observedAt: number } | undefined {
  const inOrder = all.toSorted((a, b) => a.receivedAt - b.receivedAt);
  const known = inOrder.filter(
    (one, at) =>
      one.observedAt !== undefined ||
      inOrder.findIndex((other) => other.observedAt === undefined && other.label === one.label) === at,
  );
  return known
    .map(({ label, observedAt, receivedAt }) => ({ label, observedAt: observedAt ?? receivedAt }))
    .toSorted((a, b) => b.observedAt - a.observedAt || b.label - a.label)[0];
}

describe('joining labels', () => {
  it('counts labels right that came twice, out of order, before their prediction, or for nobody', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('predict' as const), which: fc.nat(7) }),
      fc.record({
        do: fc.constant('label' as const),
        // The last ids are of no prediction.
        which: fc.nat(9),
        label: fc.constantFrom(0 as const, 1 as const),
        observed: fc.option(fc.nat(4), { nil: undefined }),
        named: fc.boolean(),
        partition: fc.constantFrom('0', '1'),
      }),
      fc.record({ do: fc.constant('again' as const), which: fc.nat(40) }),
      fc.record({
        do: fc.constant('fail' as const),
        call: fc.constantFrom('before' as const, 'after' as const),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, alone) => {
        const world = new World(alone ? ['cards'] : ['cards', 'loans']);
        const ids = Array.from({ length: 10 }, (_, i) => idAt(TEN + (i % 3) * (HOUR / 2) - 1));
        const modelOf = (which: number) => (alone || which % 4 !== 0 ? 'cards' : 'loans');
        const predicted = new Set<number>();
        const sent: { which: number; label: Sent; partition: string }[] = [];
        for (const [number, one] of steps.entries()) {
          const receivedAt = TEN + 3 * HOUR + number * MINUTE;
          if (one.do === 'predict') {
            predicted.add(one.which);
            await world.collectPrediction(ids[one.which] ?? '', modelOf(one.which));
          } else if (one.do === 'label') {
            const label: Sent = {
              predictionId: ids[one.which] ?? '',
              label: one.label,
              observedAt: one.observed === undefined ? undefined : receivedAt + (one.observed - 2) * MINUTE,
              model: one.named ? modelOf(one.which) : undefined,
              receivedAt,
            };
            sent.push({ which: one.which, label, partition: one.partition });
            await world.collectLabels(label, one.partition);
          } else if (one.do === 'again') {
            const again = sent[one.which % Math.max(1, sent.length)];
            if (again === undefined) continue;
            const label = { ...again.label, receivedAt };
            sent.push({ ...again, label });
            await world.collectLabels(label, again.partition);
          } else {
            const last = sent.at(-1);
            if (last === undefined) continue;
            // A batch whose append fails is delivered again.
            world.labels.fault = (call) => (call === 'append' ? one.call : undefined);
            await expect(world.collectLabels(last.label, last.partition)).rejects.toMatchObject({
              kind: 'unavailable',
            });
            world.labels.fault = () => undefined;
            await world.collectLabels(last.label, last.partition);
          }
        }

        for (const model of alone ? ['cards'] : ['cards', 'loans']) {
          const { counts, outcomes } = await world.joined(model);
          const own = [...predicted].filter((which) => modelOf(which) === model);
          const expected = new Map(
            own.map((which) => [
              ids[which],
              expectedLabel(sent.filter((one) => one.which === which).map(({ label }) => label)),
            ]),
          );
          expect(labelsOf(outcomes)).toEqual(expected);
          expect(counts.labelled).toBe([...expected.values()].filter((label) => label !== undefined).length);
          const left = new Set(sent.filter(({ which }) => !own.includes(which)).map(({ which }) => which));
          const named = [...left].filter((which) =>
            sent.some((one) => one.which === which && (alone || one.label.model === model)),
          );
          const unnamed = [...left].filter(
            (which) =>
              !named.includes(which) &&
              sent.some((one) => one.which === which && one.label.model === undefined),
          );
          expect([counts.unknown, counts.unclaimed]).toEqual([named.length, unnamed.length]);
        }
        for (const [which, id] of ids.entries()) {
          const expected = expectedLabel(sent.filter((one) => one.which === which).map(({ label }) => label));
          const found = await findLabel(world.labels, ['cards', 'loans'], id);
          expect(found && { ...found, observedAt: Date.parse(found.observedAt) }).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out labels that were received after the time it is asked about', async () => {
    const world = new World(['cards']);
    const id = idAt(TEN);
    await world.collectPrediction(id, 'cards');
    await world.collectLabels({
      predictionId: id,
      label: 0,
      observedAt: TEN + MINUTE,
      receivedAt: TEN + HOUR,
    });
    await world.collectLabels({
      predictionId: id,
      label: 1,
      observedAt: TEN + 2 * MINUTE,
      receivedAt: TEN + 2 * HOUR,
    });
    const labelAsOf = async (time: number) => (await world.joined('cards', time)).outcomes[0]?.label?.label;
    expect(await labelAsOf(TEN)).toBeUndefined();
    expect(await labelAsOf(TEN + HOUR)).toBe(0);
    expect(await labelAsOf(TEN + 2 * HOUR)).toBe(1);
  });

  it('counts in a part of an hour only the predictions of that part', async () => {
    const world = new World(['cards']);
    for (const time of [TEN, TEN + 1, TEN + 2]) {
      const id = idAt(time);
      await world.collectPrediction(id, 'cards');
      await world.collectLabels({ predictionId: id, label: 1, receivedAt: TEN });
    }
    const counts = newJoinCounts();
    expect(await allOf(joinRange(world, 'cards', TEN + 1, TEN + 2, counts))).toHaveLength(1);
    expect([counts.predictions.lines, counts.labelled, counts.unknown]).toEqual([1, 1, 0]);
  });

  it('counts lines that are no labels and goes on', async () => {
    const world = new World(['cards']);
    const id = idAt(TEN);
    await world.collectPrediction(id, 'cards');
    await world.labels.create('cards/2026/03/01/10/7.jsonl', Buffer.from('{"torn\n{}\n'));
    await world.collectLabels({ predictionId: id, label: 1, receivedAt: TEN });
    const { counts, outcomes } = await world.joined('cards');
    expect(counts.labels).toEqual({ lines: 1, repeated: 0, unreadable: 2 });
    expect(outcomes[0]?.label?.label).toBe(1);
  });
});

describe('collectLabels', () => {
  it("files a label under its model's name, the only model's, or that of none, by its prediction's hour", async () => {
    const [alone, two] = [new World(['cards']), new World(['cards', 'loans'])];
    const label = { predictionId: idAt(TEN + HOUR), label: 1, receivedAt: TEN + 9 * HOUR } as const;
    await alone.collectLabels(label, '3');
    await alone.collectLabels({ ...label, model: 'nobodys' }, '3');
    expect([...alone.labels.blobs.keys()]).toEqual(['cards/2026/03/01/11/3.jsonl']);
    await two.collectLabels({ ...label, model: 'loans' }, '3');
    await two.collectLabels({ ...label, model: 'nobodys' }, '1');
    await two.collectLabels(label, '0');
    expect([...two.labels.blobs.keys()]).toEqual([
      'loans/2026/03/01/11/3.jsonl',
      '_/2026/03/01/11/1.jsonl',
      '_/2026/03/01/11/0.jsonl',
    ]);
  });

  it('puts aside what is no label, with the reason', async () => {
    const world = new World(['cards']);
    const bad = eventOf(idAt(TEN));
    expect(await world.collectBody(bad)).toEqual({ lines: 0, deadLetters: 1 });
    expect(await world.collectBody(Buffer.from('{'))).toEqual({ lines: 0, deadLetters: 1 });
    const letters = [...world.deadLetters.blobs.keys()].map((path) => world.deadLetters.text(path) ?? '');
    expect(letters.join()).toContain('type:');
    expect(letters.join()).toContain('is not JSON');
  });
});

describe('a single label', () => {
  it('is shown with its source, and 404 where nobody has sent one', async () => {
    const world = new World(['cards']);
    const id = idAt(TEN);
    const label = { predictionId: id, label: 1, observedAt: TEN, source: 'desk', receivedAt: TEN } as const;
    await world.collectLabels(label);
    expect(await readLabel(world.labels, ['cards'], id.toUpperCase())).toEqual({
      predictionId: id,
      label: 1,
      observedAt: '2026-03-01T10:00:00.000Z',
      source: 'desk',
    });
    for (const nobodys of [idAt(TEN), '../x'])
      await expect(readLabel(world.labels, ['cards'], nobodys)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('LabelTable', () => {
  it('keeps every label while it grows', () => {
    const table = new LabelTable();
    const ids = Array.from({ length: 5_000 }, (_, i) => idAt(TEN + i));
    for (const [i, id] of ids.entries())
      table.add(id, { label: i % 3 === 0 ? 1 : 0, receivedAt: i }, i % 2 === 0);
    expect(table.size).toBe(5_000);
    expect(table.left).toEqual({ named: 2_500, unnamed: 2_500 });
    for (const [i, id] of ids.entries())
      expect(table.take(id)).toEqual({ label: i % 3 === 0 ? 1 : 0, observedAt: i });
    expect(table.left).toEqual({ named: 0, unnamed: 0 });
    expect(table.take(idAt(TEN))).toBeUndefined();
  });
});
