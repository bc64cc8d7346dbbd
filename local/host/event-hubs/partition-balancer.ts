import { pause } from '../retry.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { type Ownership, partitionsToClaim } from './ownership.ts';

/** Something that reads a partition while this host owns it. */
export interface PartitionReader {
  start(): void;
  stop(): Promise<void>;
  /** Ends it without leaving anything behind: the partition is another host's. */
  lose(): Promise<void>;
}

export interface BalancerParts {
  readonly store: Pick<CheckpointStore, 'listOwnerships' | 'claim'>;
  /** This host among those that share the partitions. */
  readonly owner: string;
  /** All partitions of the hub. */
  readonly partitions: () => Promise<readonly string[]>;
  /** @param stolen to be called when the broker has given the partition to another reader */
  readonly reader: (partition: string, stolen: () => void) => PartitionReader;
  /** Milliseconds. */
  readonly interval: number;
  readonly expiration: number;
  /** Told after each round what went wrong, undefined for nothing. */
  readonly report: (problem: unknown) => void;
  readonly now: () => number;
  readonly random: () => number;
}

/** Between rounds, however often readers lose their partitions. */
const shortestInterval = 250;

/**
 * Shares the partitions of a hub with other hosts: every few moments each host looks at who owns what, claims what it
 * should have and gives up what others have claimed.
 */
export class PartitionBalancer {
  readonly #parts: BalancerParts;
  readonly #readers = new Map<string, PartitionReader>();
  /** The latest claim of each partition, which lets go of it. */
  readonly #etags = new Map<string, string>();
  /** Readers that have lost their partition while their function was running. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #partitions: readonly string[] = [];
  #wake = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: BalancerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends all readers and lets others have the partitions, each as soon as its reader has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    const ended = new Map([...this.#readers].map(([partition, reader]) => [partition, reader.stop()]));
    await this.#running;
    await Promise.all([
      ...this.#leaving,
      ...[...this.#etags].map(async ([partition, etag]) => {
        await ended.get(partition);
        await this.#release(partition, etag);
      }),
    ]);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#round();
        this.#parts.report(undefined);
      } catch (error) {
        // Whoever reads goes on to do so: nobody else can claim anything either while the storage is away.
        this.#parts.report(error);
      }
      await pause(shortestInterval, this.#stopping.signal);
      await pause(this.#parts.interval - shortestInterval, this.#wake.signal);
    }
  }

  async #round(): Promise<void> {
    const { store, owner, expiration, now, random } = this.#parts;
    const ownerships = await store.listOwnerships();
    const byPartition = new Map(ownerships.map((ownership) => [ownership.partition, ownership]));
    for (const partition of this.#readers.keys()) {
      if (byPartition.get(partition)?.owner !== owner) this.#lose(partition);
    }
    // Their number stays what it is as long as the hub exists.
    if (this.#partitions.length === 0) this.#partitions = await this.#parts.partitions();
    const time = now();
    const wanted = partitionsToClaim(this.#partitions, ownerships, owner, time, expiration, random);
    const mine = ownerships.filter((ownership) => ownership.owner === owner);
    await Promise.all([
      ...mine.map(async (ownership) => this.#keep(ownership, time)),
      ...wanted
        .filter((partition) => byPartition.get(partition)?.owner !== owner)
        .map(async (partition) => this.#claim(partition, byPartition.get(partition)?.etag)),
    ]);
  }

  /** Renews a claim before others take it for abandoned, and reads a partition that should be read. */
  async #keep({ partition, etag, modified }: Ownership, time: number): Promise<void> {
    const fresh = time - modified < this.#parts.expiration / 3;
    if (fresh && this.#readers.has(partition)) return;
    await this.#claim(partition, etag);
  }

  async #claim(partition: string, etag: string | undefined): Promise<void> {
    const claimed = await this.#parts.store.claim(partition, this.#parts.owner, etag);
    if (claimed === undefined) {
      if (this.#readers.has(partition)) this.#lose(partition);
      return;
    }
    this.#etags.set(partition, claimed);
    if (this.#readers.has(partition) || this.#stopping.signal.aborted) return;
    const reader = this.#parts.reader(partition, () => {
      if (this.#readers.get(partition) !== reader) return;
      this.#lose(partition);
      // It is in the storage who really owns it.
      this.#wake.abort();
    });
    this.#readers.set(partition, reader);
    reader.start();
  }

  #lose(partition: string): void {
    const reader = this.#readers.get(partition);
    if (reader === undefined) return;
    this.#readers.delete(partition);
    this.#etags.delete(partition);
    const left = reader.lose().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  async #release(partition: string, etag: string): Promise<void> {
    try {
      await this.#parts.store.claim(partition, '', etag);
    } catch (error) {
      // Others will have it when the claim has expired.
      this.#parts.report(error);
    }
  }
}
