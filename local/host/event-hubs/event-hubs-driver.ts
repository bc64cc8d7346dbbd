import type { HostServices, IndexedFunction, TriggerDriver } from '../trigger-driver.ts';
import type { EventHubListener, Listening } from './listener.ts';
import { findStorage, parseEventHubTrigger } from './trigger-binding.ts';
import { type EventHubsOptions, parseEventHubsOptions } from './trigger-options.ts';

/** Runs functions with an `eventHubTrigger`, by the rules of Azure's Event Hubs extension. */
export class EventHubsDriver implements TriggerDriver {
  readonly triggers = ['eventhubtrigger'];
  readonly #services: HostServices;
  readonly #extensions: unknown;
  readonly #functions: Listening[] = [];
  #options: EventHubsOptions | undefined;
  #listeners: readonly EventHubListener[] = [];

  /** @param extensions of host.json */
  constructor(services: HostServices, extensions: unknown) {
    this.#services = services;
    this.#extensions = extensions;
  }

  add(target: IndexedFunction): string {
    const { environment } = this.#services;
    const trigger = parseEventHubTrigger(target.trigger, environment);
    this.#options ??= parseEventHubsOptions(this.#extensions);
    this.#functions.push({ target, trigger, storage: findStorage(environment) });
    const amount = trigger.many ? `up to ${String(this.#options.maxEventBatchSize)} events` : 'one event';
    return `event hub ${trigger.hub} (${trigger.consumerGroup}), ${amount} at a time`;
  }

  async start(): Promise<void> {
    const options = this.#options;
    const enabled = this.#functions.filter(({ target }) => !target.disabled);
    if (options === undefined || enabled.length === 0) return;
    // The clients take a quarter of a second to load: only apps that need them shall wait for that.
    const { EventHubListener } = await import('./listener.ts');
    this.#listeners = enabled.map((listening) => new EventHubListener(listening, options, this.#services));
    for (const listener of this.#listeners) listener.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map(async (listener) => listener.stop()));
  }
}
