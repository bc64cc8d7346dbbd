import type { LinkProblem } from './link-problem.ts';

/** A consumer of one partition in one consumer group, by what decides who may read. */
export interface Reader {
  /** Its owner level; undefined where it doesn't insist on being alone. */
  readonly epoch: number | undefined;
  /** What it calls itself in messages. */
  readonly name: string;
}

/** As many readers without an epoch share a partition in a consumer group. */
const MAX_READERS = 5;

/**
 * Who reads a partition in one consumer group, by the rules of Event Hubs: a reader with an epoch is alone; it takes
 * the place of those with the same or a lower epoch and of those without one.
 */
export class ReaderPlaces<R extends Reader> {
  readonly #readers = new Set<R>();

  /**
   * Takes a place for a reader.
   * @returns the readers that lost theirs, or why the new one gets none
   */
  take(reader: R): { readonly displaced: readonly R[] } | { readonly refused: LinkProblem } {
    const owner = [...this.#readers].find(({ epoch }) => epoch !== undefined);
    if (reader.epoch === undefined) {
      if (owner !== undefined) return { refused: notAllowed(owner) };
      if (this.#readers.size >= MAX_READERS) return { refused: TOO_MANY };
      this.#readers.add(reader);
      return { displaced: [] };
    }
    if (owner?.epoch !== undefined && owner.epoch > reader.epoch) return { refused: tooLow(owner, reader) };
    const displaced = [...this.#readers];
    this.#readers.clear();
    this.#readers.add(reader);
    return { displaced };
  }

  /** Gives a place back; nothing happens if the reader has lost it. */
  leave(reader: R): void {
    this.#readers.delete(reader);
  }
}

/** What a reader is told that loses its place to another. */
export function stolen(from: Reader, by: Reader): LinkProblem {
  return {
    condition: 'amqp:link:stolen',
    description:
      `New receiver '${by.name}' with higher epoch of '${String(by.epoch)}' is created hence current receiver ` +
      `'${from.name}' with epoch '${String(from.epoch ?? 0)}' is getting disconnected. If you are recreating the ` +
      'receiver, make sure a higher epoch is used.',
  };
}

function tooLow(owner: Reader, reader: Reader): LinkProblem {
  return {
    condition: 'amqp:link:stolen',
    description:
      `Receiver '${owner.name}' with a higher epoch '${String(owner.epoch)}' already exists. Receiver ` +
      `'${reader.name}' with epoch ${String(reader.epoch)} cannot be created. Make sure you are creating receiver ` +
      'with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or ' +
      'disconnected.',
  };
}

function notAllowed(owner: Reader): LinkProblem {
  return {
    condition: 'amqp:link:stolen',
    description:
      `At least one receiver for the endpoint is created with epoch of '${String(owner.epoch)}', and so non-epoch ` +
      'receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed ' +
      'or disconnected.',
  };
}

const TOO_MANY: LinkProblem = {
  condition: 'amqp:resource-limit-exceeded',
  description:
    `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ` +
    `${String(MAX_READERS)}.`,
};
