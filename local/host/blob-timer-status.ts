import type { ContainerClient } from '@azure/storage-blob';
import { hasStatus } from './blob-status.ts';
import { statusFromWire, statusToWire, type TimerStatus, type TimerStatuses } from './timer-status.ts';

const REQUEST_BOUND_MS = 3_000;

/** Statuses where Azure's host keeps them, in its format: a blob for each timer, beside the locks. */
export class BlobTimerStatuses implements TimerStatuses {
  readonly #container: ContainerClient;
  readonly #hostId: string;

  /** @param container exists: whoever reads or writes has a lock in it */
  constructor(container: ContainerClient, hostId: string) {
    this.#container = container;
    this.#hostId = hostId;
  }

  async read(functionName: string): Promise<TimerStatus | undefined> {
    const blob = this.#blob(functionName);
    let bytes: Buffer;
    try {
      bytes = await blob.downloadToBuffer(0, undefined, {
        abortSignal: AbortSignal.timeout(REQUEST_BOUND_MS),
      });
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
    try {
      return statusFromWire(JSON.parse(bytes.toString()));
    } catch (error) {
      throw new Error(`The blob ${blob.name} is not a timer's status: ${String(error)}`, { cause: error });
    }
  }

  async write(functionName: string, status: TimerStatus): Promise<void> {
    const text = JSON.stringify(statusToWire(status));
    await this.#blob(functionName).upload(text, Buffer.byteLength(text), {
      blobHTTPHeaders: { blobContentType: 'application/json' },
      abortSignal: AbortSignal.timeout(REQUEST_BOUND_MS),
    });
  }

  #blob(functionName: string) {
    return this.#container.getBlockBlobClient(`timers/${this.#hostId}/Host.Functions.${functionName}/status`);
  }
}
