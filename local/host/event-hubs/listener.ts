import { randomUUID } from 'node:crypto';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import type { HostServices, IndexedFunction } from '../trigger-driver.ts';
import { CHECKPOINT_CONTAINER, CheckpointStore } from './checkpoint-store.ts';
import { PartitionBalancer } from './partition-balancer.ts';
import { lastError } from './partition-receiver.ts';
import { PartitionWorker, type WorkerParts } from './partition-worker.ts';
import { ProblemLog } from './problem-log.ts';
import type { EventHubTrigger } from './trigger-binding.ts';
import type { EventHubsOptions } from './trigger-options.ts';

/** A function and what it listens to. */
export interface Listening {
  readonly target: IndexedFunction;
  readonly trigger: EventHubTrigger;
  /** Connection string of the storage account for the checkpoints. */
  readonly storage: string;
}

/** A second attempt of the client at once, and then the receiver's own: the client's usual 30 s pauses are too long. */
const hubRetries = { maxRetries: 1, retryDelayInMs: 250, timeoutInMs: 10_000 };
const storageRetries = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1_000, tryTimeoutInMs: 5_000 };

/** Runs one function on its share of the partitions of its hub. */
export class EventHubListener {
  readonly #client: EventHubConsumerClient;
  readonly #balancer: PartitionBalancer;

  constructor({ target, trigger, storage }: Listening, options: EventHubsOptions, services: HostServices) {
    const { connectionString, namespace, hub, consumerGroup, many, binary } = trigger;
    const owner = randomUUID();
    this.#client = new EventHubConsumerClient(consumerGroup, connectionString, hub, {
      identifier: owner,
      retryOptions: hubRetries,
    });
    const container = BlobServiceClient.fromConnectionString(storage, {
      retryOptions: storageRetries,
    }).getContainerClient(CHECKPOINT_CONTAINER);
    const store = new CheckpointStore(container, namespace, hub, consumerGroup);
    const parts: WorkerParts = { target, services, options, client: this.#client, store };
    const problems = new ProblemLog(services.log, target.name);
    this.#balancer = new PartitionBalancer({
      store,
      owner,
      partitions: async () => this.#client.getPartitionIds(),
      reader: (partition, stolen) => {
        const source = { namespace, hub, consumerGroup, partition, many, binary };
        return new PartitionWorker(parts, source, stolen);
      },
      interval: options.balancingInterval,
      expiration: options.ownershipExpiration,
      report: (problem) => {
        const share = `share the partitions of event hub ${hub} (${consumerGroup})`;
        if (problem === undefined) problems.over(`Can ${share} again.`);
        else problems.report(`Cannot ${share}: ${String(lastError(problem))}`);
      },
      now: Date.now,
      random: Math.random,
    });
  }

  start(): void {
    this.#balancer.start();
  }

  /** Waits for what runs; then other hosts have the partitions at once. */
  async stop(): Promise<void> {
    await this.#balancer.stop();
    await this.#client.close();
  }
}
