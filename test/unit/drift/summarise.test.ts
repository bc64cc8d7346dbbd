import { describe, expect, it } from 'vitest';
import { type Baseline, makeBaseline } from '../../../shared/drift/baseline.ts';
import { mergeHistograms, type WindowHistogram } from '../../../shared/drift/histogram.ts';
import { decodeHistogram, encodeHistogram } from '../../../shared/drift/histogram-codec.ts';
import { readWindow } from '../../../shared/drift/read-window.ts';
import { summariseModel } from '../../../shared/drift/summarise.ts';
import { compileContract } from '../../../shared/features/compile.ts';
import { fitContract } from '../../../shared/features/contract.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { HOUR, Logs, smallModel, TEN } from '../training/logs.ts';

const MINUTE = 60_000;
/** Five past two in the afternoon: the hours from ten to one are complete. */
const NOW = TEN + 4 * HOUR + 5 * MINUTE;

function baselineFor(from: number): Baseline {
  const definition = smallModel();
  const rows = Array.from({ length: 50 }, (_, i) => [`r${i}`, from + i, null, i % 2]);
  const contract = compileContract(fitContract(definition, rows));
  const features = { rows: 50, columns: 1, values: Float32Array.from(rows, (_, i) => from + i) };
  return makeBaseline({
    contract,
    rows,
    features,
    labels: rows.map((_, i) => i % 2),
    scores: [0.1, 0.2, 0.9],
  });
}

class World {
  readonly logs = new Logs();
  readonly registry = new MemoryRegistry();
  readonly baselines = new Map([['3', baselineFor(0)]]);
  readonly parts = {
    predictions: this.logs.predictions,
    histograms: this.registry.blobs,
    baselineOf: (_: string, version: string) => Promise.resolve(this.baselines.get(version)),
  };
  /** Calls that read the log's files. */
  reads = 0;

  constructor() {
    this.logs.predictions.fault = (call) => {
      if (call === 'read') this.reads += 1;
      return undefined;
    };
  }

  predict(time: number, amount: number, version = '3', data = {}) {
    return this.logs.predict(time, { amount }, { version, features: [amount], ...data });
  }

  summarise(now = NOW, mayBegin?: () => boolean) {
    return summariseModel(this.parts, 'cards', now, mayBegin);
  }

  window(from: number, to: number, version = '3') {
    return readWindow(this.parts, 'cards', version, from, to);
  }

  /** The written histogram, and undefined where there is none. */
  written(path: string, version = '3'): WindowHistogram | undefined {
    const bytes = this.registry.files.get(path);
    const { spec, specHash } = this.baselines.get(version)!;
    return bytes && decodeHistogram(bytes, spec, specHash).histogram;
  }
}

describe('summariseModel', () => {
  it('makes one histogram per version of each complete hour', async () => {
    const world = new World();
    world.baselines.set('4', baselineFor(5));
    await world.predict(TEN + MINUTE, 1);
    await world.predict(TEN + 2 * MINUTE, 2);
    await world.predict(TEN + 3 * MINUTE, 3, '4');
    await world.predict(TEN + HOUR, 4);
    await world.predict(NOW - MINUTE, 5);
    expect(await world.summarise()).toMatchObject({ hours: 2, predictions: 4, unchanged: 0 });
    expect([...world.registry.files.keys()].toSorted()).toEqual([
      'cards/3/2026/03/01/10.bin',
      'cards/3/2026/03/01/11.bin',
      'cards/4/2026/03/01/10.bin',
      'cards/hours/2026/03/01/10.json',
      'cards/hours/2026/03/01/11.json',
    ]);
    expect(world.written('cards/3/2026/03/01/10.bin')?.rows).toBe(2);
    expect(world.written('cards/4/2026/03/01/10.bin', '4')?.rows).toBe(1);
  });

  it('leaves an hour alone whose log has not changed, and counts one anew that got a late line', async () => {
    const world = new World();
    await world.predict(TEN, 1);
    await world.predict(TEN + HOUR, 2);
    await world.summarise();
    const before = new Map(world.registry.files);
    world.reads = 0;
    expect(await world.summarise()).toMatchObject({ hours: 0, unchanged: 2 });
    expect(world.reads).toBe(0);
    expect(world.registry.files).toEqual(before);
    await world.predict(TEN + HOUR + 1, 3);
    expect(await world.summarise()).toMatchObject({ hours: 1, unchanged: 1, predictions: 2 });
    expect(world.written('cards/3/2026/03/01/11.bin')?.rows).toBe(2);
  });

  it('counts a prediction once that the log has twice', async () => {
    const world = new World();
    await world.predict(TEN, 1);
    const [path] = world.logs.predictions.blobs.keys();
    const bytes = Buffer.from(world.logs.predictions.text(path!)!);
    await world.logs.predictions.append(path!, bytes);
    await world.logs.predictions.create(path!.replace('0.jsonl', '1.jsonl'), bytes);
    expect(await world.summarise()).toMatchObject({ predictions: 1 });
    expect(world.written('cards/3/2026/03/01/10.bin')?.rows).toBe(1);
  });

  it('does an hour again that it could not end', async () => {
    const world = new World();
    await world.predict(TEN, 1);
    world.registry.before = (call, path) => {
      if (call === 'write' && path.includes('hours')) throw new Error('killed');
    };
    await expect(world.summarise()).rejects.toThrow('killed');
    world.registry.before = () => undefined;
    expect(await world.summarise()).toMatchObject({ hours: 1 });
    expect(await world.summarise()).toMatchObject({ unchanged: 1 });
  });

  it('counts an hour anew when its version has a baseline at last, or another one', async () => {
    const world = new World();
    await world.predict(TEN, 1, '4');
    const done = await world.summarise();
    expect([...done.uncounted]).toEqual(['4']);
    expect(world.registry.files.has('cards/4/2026/03/01/10.bin')).toBe(false);
    for (const from of [7, 8]) {
      world.baselines.set('4', baselineFor(from));
      expect(await world.summarise()).toMatchObject({ hours: 1 });
      expect(world.written('cards/4/2026/03/01/10.bin', '4')?.rows).toBe(1);
    }
  });

  it('begins no hour when it may not, and takes the newest first', async () => {
    const world = new World();
    for (const hour of [0, 1, 2]) await world.predict(TEN + hour * HOUR, 1);
    let asked = 0;
    expect(await world.summarise(NOW, () => (asked += 1) <= 1)).toMatchObject({ hours: 1 });
    expect(world.written('cards/3/2026/03/01/12.bin')?.rows).toBe(1);
  });
});

describe('readWindow', () => {
  it('adds up hours, and counts parts of hours and what is not summarised from the log', async () => {
    const world = new World();
    for (let minute = 0; minute < 245; minute += 1) await world.predict(TEN + minute * MINUTE, minute);
    const [from, to] = [TEN + 30 * MINUTE, NOW];
    const counted = await world.window(from, to);
    expect(counted.rows).toBe(215);
    await world.summarise();
    world.reads = 0;
    const summarised = await world.window(from, to);
    // Only the first hour and the last one, which are there in part.
    expect(world.reads).toBe(2);
    expect(bytesOf(summarised)).toBe(bytesOf(counted));
    const [first, second] = [
      await world.window(from, TEN + 2 * HOUR),
      await world.window(TEN + 2 * HOUR, to),
    ];
    expect(bytesOf(mergeHistograms(first, second))).toBe(bytesOf(counted));
  });

  it('knows without the log that a version had no predictions in a summarised hour', async () => {
    const world = new World();
    world.baselines.set('4', baselineFor(5));
    await world.predict(TEN, 1);
    await world.summarise();
    world.reads = 0;
    expect((await world.window(TEN, TEN + HOUR, '4')).rows).toBe(0);
    expect(world.reads).toBe(0);
  });

  it('takes a damaged histogram, or one of other bins, from the log', async () => {
    const world = new World();
    await world.predict(TEN, 1);
    await world.summarise();
    const path = 'cards/3/2026/03/01/10.bin';
    world.registry.files.set(path, Buffer.from('garbage'));
    expect((await world.window(TEN, TEN + HOUR)).rows).toBe(1);
    const other = baselineFor(9);
    world.baselines.set('3', other);
    expect((await world.window(TEN, TEN + HOUR)).specHash).toBe(other.specHash);
  });

  it('is refused for a version without a baseline', async () => {
    await expect(new World().window(TEN, TEN + HOUR, '9')).rejects.toMatchObject({ kind: 'not-found' });
  });
});

function bytesOf(histogram: WindowHistogram): string {
  return encodeHistogram({ model: 'cards' }, histogram).toString('base64');
}
