import { CloudEvent, type CloudEventV1 } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { replaySpill } from '../../../shared/events/spill-replay.ts';
import { Failure } from '../../../shared/failure.ts';
import { acceptLabels, parseLabels } from '../../../shared/outcomes/accept-labels.ts';
import {
  type LabelEvent,
  labelEvent,
  LABELS_SPILL,
  readLabelEvent,
} from '../../../shared/outcomes/label-event.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { idAt } from '../../fixtures/prediction-events.ts';
import { ScriptedSender } from '../../fixtures/scripted-sender.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const id = idAt(TEN);

function problemsOf(body: unknown): { kind: string; paths: string[] } {
  try {
    parseLabels(body);
  } catch (error) {
    if (error instanceof Failure) return { kind: error.kind, paths: error.problems.map(({ path }) => path) };
    throw error;
  }
  return { kind: 'taken', paths: [] };
}

describe('parseLabels', () => {
  it('reads labels with and without what may be left out', () => {
    const full = {
      predictionId: id.toUpperCase(),
      label: 0,
      observedAt: '2026-03-02',
      source: 'desk',
      model: 'cards',
    };
    expect(parseLabels({ labels: [{ predictionId: id, label: 1 }, full] })).toEqual([
      { predictionId: id, label: 1 },
      { predictionId: id, label: 0, observedAt: Date.UTC(2026, 2, 2), source: 'desk', model: 'cards' },
    ]);
    const times = ['2026-03-02T01:00:00+01:00', '2026-03-02T00:00:00'];
    for (const observedAt of times)
      expect(parseLabels({ labels: [{ predictionId: id, label: 1, observedAt }] })[0]?.observedAt).toBe(
        Date.UTC(2026, 2, 2),
      );
  });

  it.each([
    { body: [], paths: [''] },
    { body: {}, paths: ['/labels'] },
    { body: { labels: [] }, paths: ['/labels'] },
    { body: { labels: [{ predictionId: id, label: 1 }], more: 1 }, paths: ['/more'] },
    {
      body: {
        labels: [
          { predictionId: id, label: 2 },
          { predictionId: 'x', label: true },
          { label: 1 },
          { predictionId: id, label: 1, observedAt: '2026-02-30', source: '', model: 'No Name' },
          { predictionId: id, label: 1, 'observed/at': TEN },
          { predictionId: '01a1feb5-2db4-41a8-a24a-2df1d67ce987', label: 1 },
          // A time that has a year of five digits
          { predictionId: 'ffffffff-ffff-7fff-bfff-ffffffffffff', label: 1 },
          null,
        ],
      },
      paths: [
        '/labels/0/label',
        '/labels/1/predictionId',
        '/labels/1/label',
        '/labels/2/predictionId',
        '/labels/3/observedAt',
        '/labels/3/source',
        '/labels/3/model',
        '/labels/4/observed~1at',
        '/labels/5/predictionId',
        '/labels/6/predictionId',
        '/labels/7',
      ],
    },
  ])('names every offending place: $paths', ({ body, paths }) => {
    expect(problemsOf(body)).toEqual({ kind: 'invalid', paths });
  });

  it('takes 1,000 labels and no more', () => {
    const labels = (count: number) => ({
      labels: Array.from({ length: count }, () => ({ predictionId: id, label: 1 })),
    });
    expect(parseLabels(labels(1_000))).toHaveLength(1_000);
    expect(problemsOf(labels(1_001)).kind).toBe('too-large');
  });
});

describe('acceptLabels', () => {
  it('sends a CloudEvent for each label before it ends', async () => {
    const sent: string[] = [];
    const log = {
      warmUp: () => Promise.resolve(),
      append: (events: readonly string[]) => {
        sent.push(...events);
        return Promise.resolve('acknowledged' as const);
      },
    };
    const labels = parseLabels({
      labels: [
        { predictionId: id, label: 1, observedAt: '2026-03-02', source: 'desk', model: 'cards' },
        { predictionId: id, label: 0 },
      ],
    });
    await acceptLabels({ log, newId: () => idAt(TEN + 5), time: () => TEN + 5 }, labels);
    const events = sent.map((text) => JSON.parse(text) as LabelEvent);
    expect(events.map(({ data }) => data)).toEqual([
      { predictionId: id, label: 1, observedAt: '2026-03-02T00:00:00.000Z', source: 'desk', model: 'cards' },
      { predictionId: id, label: 0 },
    ]);
    for (const event of events) {
      expect(event).toMatchObject({
        type: 'tollgate.label.v1',
        subject: id,
        time: '2026-03-01T10:00:00.005Z',
      });
      expect(new CloudEvent(event as CloudEventV1<unknown>).validate()).toBe(true);
      expect(readLabelEvent(Buffer.from(JSON.stringify(event)))).toMatchObject({ ok: true, event });
    }
  });
});

describe('spilled labels', () => {
  it('are sent again, marked, and what is no label is put aside', async () => {
    const [spill, deadLetters, sender] = [new MemoryBlobs(), new MemoryBlobs(), new ScriptedSender()];
    const event = labelEvent({ predictionId: id, label: 1 }, idAt(TEN), TEN);
    await spill.create('2026/03/01/10/a.jsonl', Buffer.from(`${event}\n{"torn\n{}\n`));
    const done = await replaySpill({ spill, deadLetters, sender, now: () => 0 }, 1_000, LABELS_SPILL);
    expect(done).toEqual({ blobs: 1, events: 1, deadLetters: 2 });
    expect(sender.accepted.flat().map((text) => JSON.parse(text) as unknown)).toMatchObject([
      { data: { predictionId: id, label: 1, replayed: true } },
    ]);
    expect([...deadLetters.blobs.keys()]).toEqual(['labels-spill/2026/03/01/10/a.jsonl.json']);
    expect(spill.blobs.size).toBe(0);
  });
});
