import { availableParallelism } from 'node:os';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HostServices, IndexedFunction, InputProvider, TriggerDriver } from '../host/trigger-driver.ts';
import { AppFunctions } from './app-functions.ts';
import { durableClientInput } from './api/client-binding.ts';
import { type DurableOptions, parseDurableOptions } from './durable-options.ts';
import { RPC_PATH, WEBHOOK_PATH, type WebhookAddress } from './api/management-urls.ts';
import type { TaskHub } from './task-hub.ts';

/** The system key that opens the extension's web API, as Azure names it. */
const KEY_NAME = 'durabletask_extension';

/** The app's functions that the task hub runs. */
export interface DurableFunctions {
  readonly orchestrators: AppFunctions;
  readonly activities: AppFunctions;
  readonly entities: AppFunctions;
}

/**
 * Runs orchestrations, activities and entities by the rules of Azure's Durable extension, and serves its web API. What
 * does the work is loaded when it is needed: by functions of those kinds, or the first use of a client.
 */
export class DurableDriver implements TriggerDriver {
  readonly triggers = ['orchestrationtrigger', 'activitytrigger', 'entitytrigger'];
  readonly inputs: readonly InputProvider[];
  readonly #services: HostServices;
  readonly #extensions: unknown;
  readonly #functions: DurableFunctions = {
    orchestrators: new AppFunctions(),
    activities: new AppFunctions(),
    entities: new AppFunctions(),
  };
  #options: DurableOptions | undefined;
  #key: string | undefined;
  #hub: Promise<TaskHub> | undefined;
  #stopped = false;

  /** @param extensions of host.json */
  constructor(services: HostServices, extensions: unknown) {
    this.#services = services;
    this.#extensions = extensions;
    const client = durableClientInput(() => this.#address());
    // A client may be an app's only use of the hub.
    this.inputs = [
      {
        types: client.types,
        provide: async (binding, target) => {
          await this.#open();
          return client.provide(binding, target);
        },
      },
    ];
    for (const path of [WEBHOOK_PATH, RPC_PATH]) {
      services.mount(path, (request, response) => {
        this.#serve(path, request, response);
      });
    }
  }

  add(target: IndexedFunction): string {
    this.#options ??= this.#parseOptions();
    const { type, orchestration, activity, entity } = target.trigger;
    const kinds = {
      orchestrationtrigger: {
        functions: this.#functions.orchestrators,
        named: orchestration,
        word: 'orchestrator',
      },
      activitytrigger: { functions: this.#functions.activities, named: activity, word: 'activity' },
      entitytrigger: { functions: this.#functions.entities, named: entity, word: 'entity' },
    };
    const lowered = type.toLowerCase();
    const kind =
      lowered === 'activitytrigger' || lowered === 'entitytrigger' ? lowered : 'orchestrationtrigger';
    const { functions, named, word } = kinds[kind];
    const name = typeof named === 'string' && named !== '' ? named : target.name;
    if (functions.find(name) !== undefined) throw new Error(`there are two of the ${word} '${name}'.`);
    if (!target.disabled) functions.add(name, target);
    return `${word} ${name}`;
  }

  async start(): Promise<void> {
    const { orchestrators, activities, entities } = this.#functions;
    if (orchestrators.size + activities.size + entities.size > 0) await this.#open();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const hub = await this.#hub;
    await hub?.stop();
  }

  #parseOptions(): DurableOptions {
    return parseDurableOptions(this.#extensions, availableParallelism());
  }

  #address(): WebhookAddress {
    const options = (this.#options ??= this.#parseOptions());
    return { origin: this.#services.baseUrl, hubName: options.hubName, key: this.#key };
  }

  async #open(): Promise<TaskHub> {
    if (this.#stopped) throw new Error('The host is stopping.');
    this.#hub ??= this.#load();
    return this.#hub;
  }

  async #load(): Promise<TaskHub> {
    const options = (this.#options ??= this.#parseOptions());
    this.#key = await this.#services.systemKey(KEY_NAME);
    const { TaskHub } = await import('./task-hub.ts');
    const hub = new TaskHub(this.#services, this.#functions, options, () => this.#address());
    hub.start();
    return hub;
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    this.#open().then(
      (hub) => {
        hub.serve(path, request, response);
      },
      (error: unknown) => {
        this.#services.log.general('error', `The task hub could not be opened: ${String(error)}`);
        response.statusCode = 503;
        response.end();
      },
    );
  }
}
