import { describe, expect, it } from 'vitest';
import { unfittedContract } from '../../../shared/features/contract.ts';
import { readVerified } from '../../../shared/registry/model-folder.ts';
import type { Blobs, Documents } from '../../../shared/registry/ports.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { registeredBy, registerVersion } from '../../../shared/training/register-version.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { AT, MODEL, parcelFacts, parcels } from '../../fixtures/parcels.ts';

const evaluation = {
  metrics: { aucRoc: 0.8, averagePrecision: 0.4, logLoss: 0.3, brier: 0.1, positiveRate: 0.1, rows: 100 },
  split: 'modulo:5:4',
  rows: { training: 400, heldOut: 100 },
  dataset: { sha256: 'b'.repeat(64) },
  learner: 'gradient_boosting',
  params: {},
  trees: 10,
};

type Verdict = { readonly state: 'registered' | 'rejected'; readonly reason?: string };

interface Stores {
  readonly documents: Documents;
  readonly blobs: Blobs;
}

/** Registers what an attempt of a run has made; each attempt has a model and times of its own. */
async function register(
  { documents, blobs }: Stores,
  run: string,
  attempt: number,
  verdict: Verdict = { state: 'registered' },
) {
  const files = new Map([
    ['contract.json', Buffer.from(JSON.stringify(unfittedContract(parcels())))],
    ['model.onnx', Buffer.from(`${run}, attempt ${attempt}`)],
    ['evaluation.json', Buffer.from(JSON.stringify({ ...evaluation, fitSeconds: attempt }))],
  ]);
  const made = { files, rows: evaluation.rows, metrics: { aucRoc: 0.8 + attempt / 1_000 }, verdict };
  const facts = parcelFacts(run, evaluation.learner);
  const registry = new Registry(documents, blobs);
  return registerVersion(registry, blobs, made, facts, new Date(AT.getTime() + attempt * 1_000));
}

/** Somebody's view of the stores, who may be held up, or end, before each of his calls. */
function seenBy({ documents, blobs }: MemoryRegistry, before: () => Promise<void>): Stores {
  const after = async <T>(call: () => Promise<T>): Promise<T> => {
    await before();
    return call();
  };
  return {
    documents: {
      read: (...given) => after(() => documents.read(...given)),
      create: (...given) => after(() => documents.create(...given)),
      replace: (...given) => after(() => documents.replace(...given)),
      listDescending: (...given) => after(() => documents.listDescending(...given)),
      acrossModels: (...given) => after(() => documents.acrossModels(...given)),
    },
    blobs: {
      read: (...given) => after(() => blobs.read(...given)),
      create: (...given) => after(() => blobs.create(...given)),
      write: (...given) => after(() => blobs.write(...given)),
    },
  };
}

/** What must be so in the end: one version of the run, whose every file is the one that its row names. */
async function checkOne(memory: MemoryRegistry, run: string, version: string) {
  const registry = new Registry(memory.documents, memory.blobs);
  const { items } = await registry.versions(MODEL, 100);
  const own = items.filter(({ createdBy }) => createdBy.run === run);
  expect(own.map((row) => row.version)).toEqual([version]);
  for (const row of own) for (const { name } of row.files) await readVerified(memory.blobs, row, name);
}

describe('two attempts of a run that register at the same time', () => {
  it('come to one version, wherever the one overtakes the other', async () => {
    let [longest, overtaken] = [0, 0];
    for (let k = 0; k <= longest; k += 1) {
      for (let j = 0; j <= longest; j += 1) {
        const memory = new MemoryRegistry();
        await register(memory, 'first', 1);
        const [isHeldUp, isPassed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const ended = Promise.withResolvers<void>();
        let [mine, theirs] = [0, 0];
        // One goes up to its k-th call, then the other up to its j-th, then the one to its end, then the other.
        const one = seenBy(memory, async () => {
          if (mine++ !== k) return;
          isHeldUp.resolve();
          await isPassed.promise;
        });
        const other = seenBy(memory, async () => {
          if (theirs++ !== j) return;
          isPassed.resolve();
          await ended.promise;
        });
        const begun = register(one, 'run', 1).finally(() => {
          isHeldUp.resolve();
          ended.resolve();
        });
        await isHeldUp.promise;
        const second = register(other, 'run', 2).finally(() => isPassed.resolve());
        const [left, right] = await Promise.all([begun, second]);
        expect(left, `held up at ${k}, passed at ${j}`).toEqual(right);
        await checkOne(memory, 'run', left.version);
        longest = Math.max(longest, mine, theirs);
        if (left.version !== '2') overtaken += 1;
      }
    }
    // The attempts did come between each other.
    expect(longest).toBeGreaterThan(8);
    expect(overtaken).toBeGreaterThan(0);
  });

  it('come to one first champion', async () => {
    const memory = new MemoryRegistry();
    const [left, right] = await Promise.all([register(memory, 'run', 1), register(memory, 'run', 2)]);
    expect(left).toMatchObject({ state: 'champion' });
    expect(right).toEqual(left);
    await checkOne(memory, 'run', left.version);
  });

  it('come to what the gates said of the version that is there, not of the other', async () => {
    const memory = new MemoryRegistry();
    await register(memory, 'first', 1);
    const rejected = { state: 'rejected', reason: 'latency: 9 ms' } as const;
    const [left, right] = await Promise.all([
      register(memory, 'run', 1, rejected),
      register(memory, 'run', 2),
    ]);
    expect(left).toEqual(right);
    const row = await new Registry(memory.documents, memory.blobs).version(MODEL, left.version);
    expect(row?.state).toBe(left.state);
    expect(row?.metrics['aucRoc']).toBe(left.state === 'rejected' ? 0.801 : 0.802);
  });
});

describe('a registration that is cut off', () => {
  it('is completed, or made anew, as one version, whichever call is the last', async () => {
    let calls = 0;
    for (let last = 0, isDone = false; !isDone; last += 1) {
      const memory = new MemoryRegistry();
      let count = 0;
      const killed = seenBy(memory, async () => {
        if (count++ === last) throw new Error('killed');
        await Promise.resolve();
      });
      isDone = await register(killed, 'run', 1).then(
        () => true,
        () => false,
      );
      const registry = new Registry(memory.documents, memory.blobs);
      const again = (await registeredBy(registry, MODEL, 'run')) ?? (await register(memory, 'run', 2));
      expect(again, `killed at call ${last}`).toMatchObject({ state: 'champion' });
      await checkOne(memory, 'run', again.version);
      expect((await registry.traffic(MODEL))?.row.champion.version).toBe(again.version);
      calls = last;
    }
    expect(calls).toBeGreaterThan(8);
  });

  it('takes no number from another run', async () => {
    const memory = new MemoryRegistry();
    await register(memory, 'first', 1);
    const both = await Promise.all([register(memory, 'one', 1), register(memory, 'other', 1)]);
    expect(both.map(({ version }) => version).toSorted()).toEqual(['2', '3']);
  });
});
