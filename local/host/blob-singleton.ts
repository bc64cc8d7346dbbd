import type { BlobLeaseClient, ContainerClient } from '@azure/storage-blob';
import { hasStatus } from './blob-status.ts';
import type { HeldSingleton, Singletons } from './singleton.ts';

/**
 * Rights as Azure's host keeps them: a lease on an empty blob of the app's storage account. The lease of a host that
 * died ends 15 s after its last renewal, and another host can have it then.
 */

/** Azure's `lockPeriod`, in seconds; also the shortest lease there is. */
const LEASE_SECONDS = 15;
const LEASE_MS = LEASE_SECONDS * 1_000;
/** Two more renewals fit in before a lease ends. */
const RENEW_EVERY_MS = LEASE_MS / 3;
const RETRY_MS = 1_000;
/** Nothing here may hang: neither a renewal while the lease runs out nor the end of the host. */
const REQUEST_BOUND_MS = 3_000;
const RELEASE_BOUND_MS = 1_000;

/** For hosts that share a storage account. */
export class BlobSingletons implements Singletons {
  readonly #container: ContainerClient;
  readonly #hostId: string;
  readonly #now: () => number;

  /**
   * @param container made when absent
   * @param hostId of the app: the same for all its hosts
   * @param now milliseconds since 1970: the clock of the storage account, as far as that can be
   */
  constructor(container: ContainerClient, hostId: string, now: () => number) {
    this.#container = container;
    this.#hostId = hostId;
    this.#now = now;
  }

  async tryAcquire(name: string, signal: AbortSignal): Promise<HeldSingleton | undefined> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_BOUND_MS)]);
    const blob = this.#container.getBlockBlobClient(`locks/${this.#hostId}/Host.Functions.${name}.Listener`);
    const lease = blob.getBlobLeaseClient();
    const acquire = async (): Promise<HeldSingleton | undefined> => {
      const asked = this.#now();
      try {
        await lease.acquireLease(LEASE_SECONDS, { abortSignal: bounded });
      } catch (error) {
        if (hasStatus(error, 409)) return undefined;
        throw error;
      }
      return new HeldLease(lease, asked + LEASE_MS, this.#now);
    };
    try {
      return await acquire();
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
    await this.#container.createIfNotExists({ abortSignal: bounded });
    try {
      await blob.upload('', 0, { conditions: { ifNoneMatch: '*' }, abortSignal: bounded });
    } catch (error) {
      // Another host was quicker, and may have the lease already.
      if (!hasStatus(error, 409, 412)) throw error;
    }
    return acquire();
  }
}

/** A lease that renews itself. What it says of itself is on the safe side: it counts from before each request. */
class HeldLease implements HeldSingleton {
  readonly #lease: BlobLeaseClient;
  readonly #now: () => number;
  readonly #lost = new AbortController();
  #validUntil: number;
  #renewal: NodeJS.Timeout;
  #end: NodeJS.Timeout | undefined;
  #released = false;

  constructor(lease: BlobLeaseClient, validUntil: number, now: () => number) {
    this.#lease = lease;
    this.#now = now;
    this.#validUntil = validUntil;
    this.#renewal = this.#renewIn(RENEW_EVERY_MS);
    this.#watchEnd();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  isHeld(): boolean {
    return !this.#released && !this.#lost.signal.aborted && this.#now() < this.#validUntil;
  }

  async release(): Promise<void> {
    if (this.#released || this.#lost.signal.aborted) return;
    this.#released = true;
    this.#stopTimers();
    await this.#lease.releaseLease({ abortSignal: AbortSignal.timeout(RELEASE_BOUND_MS) });
  }

  #renewIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => void this.#renew(), milliseconds);
  }

  async #renew(): Promise<void> {
    const asked = this.#now();
    let next = RENEW_EVERY_MS;
    try {
      await this.#lease.renewLease({ abortSignal: AbortSignal.timeout(REQUEST_BOUND_MS) });
      this.#validUntil = asked + LEASE_MS;
    } catch (error) {
      // Someone else has the lease or took the blob away; anything else may pass while the lease lasts.
      if (hasStatus(error, 404, 409, 412)) this.#lose(error);
      next = RETRY_MS;
    }
    if (this.#released || this.#lost.signal.aborted) return;
    this.#watchEnd();
    this.#renewal = this.#renewIn(next);
  }

  #watchEnd(): void {
    clearTimeout(this.#end);
    this.#end = setTimeout(
      () => this.#lose(new Error('it could not be renewed in time')),
      Math.max(0, this.#validUntil - this.#now()),
    );
  }

  #lose(reason: unknown): void {
    if (this.#released) return;
    this.#stopTimers();
    this.#lost.abort(reason);
  }

  #stopTimers(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#end);
  }
}
