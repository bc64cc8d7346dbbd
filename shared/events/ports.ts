/** Sends events to one hub. One try, with a bounded time: whoever calls decides what happens to events that stay behind. */
export interface EventSender {
  /** The most that a send may hold: the sum of `sendBytes` of its events. */
  readonly maxBytes: number;
  /**
   * Sends JSON texts as one batch; resolves when the hub has acknowledged all of them.
   * @throws Failure `unavailable` where the outcome is a failure or unknown, `too-large` where the hub will never take it
   */
  send(events: readonly string[]): Promise<void>;
  /** Resolves when the hub answers. @throws Failure `unavailable` */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** What an event takes of a send: its text, and what AMQP puts around it. Bytes. */
export function sendBytes(event: string): number {
  return Buffer.byteLength(event) + EVENT_OVERHEAD_BYTES;
}

/** headers of sections and the content type take 58 bytes; a sender that also annotates events may take some more. */
const EVENT_OVERHEAD_BYTES = 64;

/** Blobs that are written once. Every call ends within the adapter's bound, or is a `Failure` of kind `unavailable`. */
export interface WriteOnceBlobs {
  /** @returns false where the blob exists already, which leaves it as it is */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
}

export interface ReadableBlobs {
  /** The paths that start with `prefix`, in the order of their code points. */
  list(prefix: string): AsyncIterable<string>;
  /** A blob's bytes in pieces, none where there is no such blob. */
  read(path: string): AsyncIterable<Uint8Array>;
}

export interface SizedBlobs {
  /** The blobs whose paths start with `prefix`, with their sizes, in the order of their paths' code points. */
  listSizes(prefix: string): AsyncIterable<{ readonly path: string; readonly bytes: number }>;
}

export interface RemovableBlobs {
  /** Removes a blob; one that is not there is removed already. */
  remove(path: string): Promise<void>;
}

/** `full`: the blob takes no further block. `blocks` counts what it holds now. */
export type Appended =
  { readonly kind: 'appended'; readonly blocks: number } | { readonly kind: 'missing' | 'full' };

export interface AppendBlobs {
  /** Appends one block of at most 4 MiB, wherever the end of the blob is now. */
  append(path: string, bytes: Uint8Array): Promise<Appended>;
  /** Makes an empty append blob; one that exists stays as it is. */
  start(path: string): Promise<void>;
}

/** Everything that the blobs of one container can do for the log. */
export interface LogBlobs extends WriteOnceBlobs, ReadableBlobs, SizedBlobs, RemovableBlobs, AppendBlobs {}
