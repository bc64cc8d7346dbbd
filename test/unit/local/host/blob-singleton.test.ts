import type { ContainerClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlobSingletons } from '../../../../local/host/blob-singleton.ts';

/** A blob whose lease the test decides about; every request that arrives is noted with its time. */
class ScriptedBlob {
  readonly requests: string[] = [];
  readonly #began = Date.now();
  answer: () => Promise<void> = () => Promise.resolve();

  asContainer(): ContainerClient {
    const lease = {
      acquireLease: () => this.#request('acquire'),
      renewLease: () => this.#request('renew'),
      releaseLease: () => this.#request('release'),
    };
    return { getBlockBlobClient: () => ({ getBlobLeaseClient: () => lease }) } as unknown as ContainerClient;
  }

  async #request(name: string): Promise<void> {
    this.requests.push(`${name} at ${(Date.now() - this.#began) / 1_000} s`);
    await this.answer();
  }
}

function refusal(statusCode: number): Error {
  return Object.assign(new Error(`refused with ${statusCode}`), { statusCode });
}

describe('a lease on a blob', () => {
  let blob: ScriptedBlob;
  beforeEach(() => {
    vi.useFakeTimers();
    blob = new ScriptedBlob();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function acquire() {
    const singletons = new BlobSingletons(blob.asContainer(), 'app-1', Date.now);
    return singletons.tryAcquire('nightly', new AbortController().signal);
  }

  it('is renewed long before it ends, until it is released', async () => {
    const held = await acquire();
    await vi.advanceTimersByTimeAsync(11_000);
    await held?.release();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(blob.requests).toEqual(['acquire at 0 s', 'renew at 5 s', 'renew at 10 s', 'release at 11 s']);
    expect(held?.isHeld()).toBe(false);
    expect(held?.lost.aborted).toBe(false);
  });

  it('outlasts a failure of the storage that is shorter than the lease', async () => {
    const held = await acquire();
    blob.answer = () => Promise.reject(refusal(503));
    await vi.advanceTimersByTimeAsync(12_500);
    expect(held?.isHeld()).toBe(true);
    blob.answer = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(held?.isHeld()).toBe(true);
    await held?.release();
  });

  it('is lost when it could not be renewed for as long as it lasts', async () => {
    const held = await acquire();
    blob.answer = () => Promise.reject(refusal(503));
    await vi.advanceTimersByTimeAsync(14_999);
    expect(held?.lost.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(held?.lost.aborted).toBe(true);
    expect(held?.isHeld()).toBe(false);
    const requests = blob.requests.length;
    await vi.advanceTimersByTimeAsync(60_000);
    await held?.release();
    expect(blob.requests).toHaveLength(requests);
  });

  it('counts from before a request, however late its answer comes', async () => {
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = await acquire();
    blob.answer = () => (answers[blob.requests.length - 2] ?? Promise.withResolvers<void>()).promise;
    // Asked at 5 s, answered at 14 s: it ends at 20 s.
    await vi.advanceTimersByTimeAsync(14_000);
    answers[0]?.resolve();
    await vi.advanceTimersByTimeAsync(5_999);
    expect(held?.isHeld()).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(held?.lost.aborted).toBe(true);
  });

  it.each([404, 409, 412])('is lost at once when its renewal is refused with %i', async (status) => {
    const held = await acquire();
    blob.answer = () => Promise.reject(refusal(status));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(held?.lost.reason).toMatchObject({ statusCode: status });
    expect(held?.isHeld()).toBe(false);
  });

  it('is not had while another host has it', async () => {
    blob.answer = () => Promise.reject(refusal(409));
    expect(await acquire()).toBeUndefined();
  });
});
