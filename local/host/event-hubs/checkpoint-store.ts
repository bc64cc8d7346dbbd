import { type ContainerClient, RestError } from '@azure/storage-blob';
import type { Ownership } from './ownership.ts';

/** How far the events of a partition are done. */
export interface Checkpoint {
  /** Of the last event that is done. */
  readonly offset: string;
  /** When it was written, in milliseconds since 1970. */
  readonly modified: number;
}

/** The container that Azure's Event Hubs extension uses. */
export const CHECKPOINT_CONTAINER = 'azure-webjobs-eventhub';

/**
 * Who owns the partitions of a hub in one consumer group, and how far each is read: empty blobs whose metadata says it,
 * under the names that all Event Hubs processors use
 * (`{namespace}/{hub}/{group}/ownership|checkpoint/{partition}`, in lower case).
 *
 * Not the store of `@azure/eventhubs-checkpointstore-blob`: that one lets two processors both win a partition that
 * nobody has owned before, and brings a second copy of the Event Hubs client along.
 */
export class CheckpointStore {
  /** Of all its blobs. */
  readonly prefix: string;
  readonly #container: ContainerClient;
  #exists = false;

  constructor(container: ContainerClient, namespace: string, hub: string, consumerGroup: string) {
    this.#container = container;
    this.prefix = `${namespace}/${hub}/${consumerGroup}`.toLowerCase();
  }

  async listOwnerships(): Promise<Ownership[]> {
    const prefix = `${this.prefix}/ownership/`;
    const found: Ownership[] = [];
    try {
      if (!this.#exists) await this.#container.createIfNotExists();
      this.#exists = true;
      for await (const blob of this.#container.listBlobsFlat({ prefix, includeMetadata: true })) {
        found.push({
          partition: blob.name.slice(prefix.length),
          owner: blob.metadata?.['ownerid'] ?? '',
          etag: blob.properties.etag,
          modified: blob.properties.lastModified.getTime(),
        });
      }
    } catch (error) {
      // Somebody may have deleted it.
      this.#exists = false;
      throw error;
    }
    return found;
  }

  /**
   * Makes an owner that of a partition.
   * @param owner empty to give it up
   * @param etag of the ownership that is replaced; undefined where there has been none
   * @returns the new etag, or undefined when somebody else was faster
   */
  async claim(partition: string, owner: string, etag: string | undefined): Promise<string | undefined> {
    const blob = this.#container.getBlockBlobClient(`${this.prefix}/ownership/${partition}`);
    const metadata = { ownerid: owner };
    try {
      const done =
        etag === undefined
          ? await blob.upload('', 0, { metadata, conditions: { ifNoneMatch: '*' } })
          : await blob.setMetadata(metadata, { conditions: { ifMatch: etag } });
      return done.etag;
    } catch (error) {
      if (hasStatus(error, 404, 409, 412)) return undefined;
      throw error;
    }
  }

  async readCheckpoint(partition: string): Promise<Checkpoint | undefined> {
    try {
      const { metadata, lastModified } = await this.#checkpoint(partition).getProperties();
      const offset = metadata?.['offset'];
      if (offset === undefined) return undefined;
      return { offset, modified: lastModified?.getTime() ?? 0 };
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async writeCheckpoint(partition: string, offset: string, sequenceNumber: number): Promise<void> {
    const blob = this.#checkpoint(partition);
    const metadata = { offset, sequencenumber: String(sequenceNumber) };
    try {
      await blob.setMetadata(metadata);
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      await blob.upload('', 0, { metadata });
    }
  }

  #checkpoint(partition: string) {
    return this.#container.getBlockBlobClient(`${this.prefix}/checkpoint/${partition}`);
  }
}

function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof RestError && error.statusCode !== undefined && statuses.includes(error.statusCode);
}
