import type { EventHubConsumerClient, EventPosition, ReceivedEventData } from '@azure/event-hubs';
import { withRetries } from '../retry.ts';
import type { HostServices, IndexedFunction } from '../trigger-driver.ts';
import { CHECKPOINT_CONTAINER, type CheckpointStore } from './checkpoint-store.ts';
import { EventBuffer } from './event-buffer.ts';
import { type BatchSource, toInvocation } from './invocation.ts';
import { isRefusal, lastError, PartitionReceiver } from './partition-receiver.ts';
import { ProblemLog } from './problem-log.ts';
import type { EventHubsOptions, InitialPosition } from './trigger-options.ts';

/** Between reads where batches take their time anyway. */
const unhurriedPace = 100;

/** What the workers of a function's partitions share. */
export interface WorkerParts {
  readonly target: IndexedFunction;
  readonly services: Pick<HostServices, 'invoke' | 'log'>;
  readonly options: EventHubsOptions;
  readonly client: EventHubConsumerClient;
  readonly store: CheckpointStore;
}

/**
 * Runs a function on the events of one partition, batch after batch. A batch is checkpointed when the function has
 * succeeded, and also when its retries are used up: nothing else would ever get past a poisonous event. It is not when
 * the retries were cut short by the end of the host, or when another host has the partition.
 */
export class PartitionWorker {
  readonly partition: string;
  readonly #parts: WorkerParts;
  readonly #source: BatchSource;
  readonly #stolen: () => void;
  readonly #buffer: EventBuffer<ReceivedEventData>;
  readonly #receiver: PartitionReceiver;
  readonly #receiving: ProblemLog;
  readonly #checkpointing: ProblemLog;
  readonly #ending = new AbortController();
  #lost = false;
  #batchesSinceCheckpoint = 0;
  #done: ReceivedEventData | undefined;
  #running: Promise<void> | undefined;

  /** @param stolen told when the broker has given the partition to another reader */
  constructor(parts: WorkerParts, source: BatchSource, stolen: () => void) {
    const { options, client, services, target } = parts;
    this.partition = source.partition;
    this.#parts = parts;
    this.#source = source;
    this.#stolen = stolen;
    this.#receiving = new ProblemLog(services.log, target.name);
    this.#checkpointing = new ProblemLog(services.log, target.name);
    const { maxEventBatchSize: max, minEventBatchSize: min, maxWaitTime: maxWait, prefetchCount } = options;
    this.#buffer = new EventBuffer({
      max: source.many ? max : 1,
      min: source.many ? min : 1,
      maxWait,
      capacity: Math.max(source.many ? max : 1, prefetchCount),
    });
    const receiverOptions = {
      prefetch: prefetchCount,
      pace: source.many && min > 1 ? unhurriedPace : 0,
      // Who claims the partition later wins, also against one that has not noticed yet.
      epoch: Date.now(),
    };
    this.#receiver = new PartitionReceiver(client, source.partition, receiverOptions, {
      startPosition: async () => this.#startPosition(),
      received: (events) => {
        this.#receiving.over(`Reads ${this.#name} again.`);
        this.#buffer.push(events);
        return this.#buffer.isFull ? this.#buffer.room() : undefined;
      },
      stolen: () => {
        this.#loseNow();
        this.#stolen();
      },
      problem: (error) => this.#explain(error),
    });
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends it; resolves when what runs has ended and is checkpointed. */
  async stop(): Promise<void> {
    this.#end();
    await this.#running;
  }

  /** As `stop`, when another host owns the partition: nothing is checkpointed any more. */
  async lose(): Promise<void> {
    this.#loseNow();
    await this.#running;
  }

  #loseNow(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#end();
    const { services, target } = this.#parts;
    services.log.system('information', target.name, undefined, `Another host has ${this.#name} now.`);
  }

  get #name(): string {
    return `partition ${this.partition} of event hub ${this.#source.hub} (${this.#source.consumerGroup})`;
  }

  #end(): void {
    this.#ending.abort();
    this.#buffer.close();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const received = this.#receiver.run(this.#ending.signal);
    for (;;) {
      const batch = await this.#buffer.take();
      if (batch === undefined) break;
      await this.#process(batch);
    }
    if (this.#batchesSinceCheckpoint > 0) await this.#checkpoint();
    await received;
  }

  async #process(batch: readonly ReceivedEventData[]): Promise<void> {
    const { target, services, options } = this.#parts;
    const checkpoints = this.#batchesSinceCheckpoint + 1 >= options.batchCheckpointFrequency;
    const { signal } = this.#ending;
    try {
      const invocation = toInvocation(batch, this.#source, checkpoints);
      await withRetries(
        target.retry,
        async (retryContext) => services.invoke(target, { ...invocation, retryContext }),
        signal,
        Math.random,
      );
    } catch (error) {
      // The invocation's own log line has the error.
      const numbers = `${String(batch[0]?.sequenceNumber)} to ${String(batch.at(-1)?.sequenceNumber)}`;
      const fate = signal.aborted
        ? 'They will be delivered again.'
        : 'There are no more retries: they are lost.';
      services.log.system(
        signal.aborted ? 'information' : 'warning',
        target.name,
        undefined,
        `Events ${numbers} of ${this.#name} failed (${String(error)}). ${fate}`,
      );
      if (signal.aborted) return;
    }
    this.#done = batch.at(-1);
    this.#batchesSinceCheckpoint += 1;
    if (checkpoints) await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    if (this.#lost || this.#done === undefined) return;
    const { offset, sequenceNumber } = this.#done;
    try {
      await this.#parts.store.writeCheckpoint(this.partition, offset, sequenceNumber);
      this.#batchesSinceCheckpoint = 0;
      this.#checkpointing.over(`Writes checkpoints of ${this.#name} again.`);
    } catch (error) {
      // The next batch's says the same and more; until then a restart would deliver these events again.
      this.#checkpointing.report(`The checkpoint of ${this.#name} cannot be written: ${String(error)}`);
    }
  }

  async #startPosition(): Promise<EventPosition> {
    const { store, options } = this.#parts;
    const checkpoint = await store.readCheckpoint(this.partition);
    // The last batch went out when the checkpoint was written, perhaps at another host: that counts as waited.
    const since = checkpoint === undefined ? Infinity : Date.now() - checkpoint.modified;
    this.#buffer.waitFirst(Math.min(options.maxWaitTime, Math.max(0, options.maxWaitTime - since)));
    return checkpoint === undefined
      ? initialPosition(options.initialPosition)
      : { offset: checkpoint.offset };
  }

  #explain(error: unknown): void {
    const cause = lastError(error);
    const advice = isRefusal(error)
      ? ` Has the event hub been deleted and created again? Then its checkpoints point behind its end: delete the ` +
        `blobs below ${this.#parts.store.prefix}/checkpoint/ in the container ${CHECKPOINT_CONTAINER}.`
      : '';
    this.#receiving.report(`Cannot read ${this.#name}: ${String(cause)}.${advice}`);
  }
}

function initialPosition(initial: InitialPosition): EventPosition {
  switch (initial.kind) {
    case 'start':
      return { offset: '-1' };
    case 'end':
      return { offset: '@latest' };
    case 'time':
      return { enqueuedOn: initial.time };
  }
}
