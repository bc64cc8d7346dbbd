import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { anyKey } from '../host/keys.ts';
import type { HostServices } from '../host/trigger-driver.ts';
import { ActivityRunner } from './activity-runner.ts';
import type { ApiContext } from './api/api-context.ts';
import { Dispatcher } from './dispatcher.ts';
import type { DurableFunctions } from './durable-driver.ts';
import type { DurableOptions } from './durable-options.ts';
import { GroupCommit } from './store/group-commit.ts';
import { durableHttpApi, isLocal } from './api/http-api.ts';
import { RPC_PATH, WEBHOOK_PATH, type WebhookAddress } from './api/management-urls.ts';
import { SqliteStore } from './store/sqlite-store.ts';
import { TurnRunner } from './turn-runner.ts';

/** Below the host's state directory: one file for each hub. */
const FOLDER = 'durable';

/** A task hub in one host: its store, what works on it, and its web API. */
export class TaskHub {
  readonly #store: SqliteStore;
  readonly #dispatcher: Dispatcher;
  readonly #activities: ActivityRunner;
  readonly #listeners: ReadonlyMap<string, (request: IncomingMessage, response: ServerResponse) => void>;

  constructor(
    services: HostServices,
    functions: DurableFunctions,
    options: DurableOptions,
    address: () => WebhookAddress,
  ) {
    const { log, stateDirectory } = services;
    const folder = join(stateDirectory, FOLDER);
    mkdirSync(folder, { recursive: true });
    const store = new SqliteStore({ file: join(folder, `${options.hubName.toLowerCase()}.db`) });
    this.#store = store;
    const commits = new GroupCommit((work) => store.together(work));
    const turns = new TurnRunner(services, functions, options, store, commits, Date.now);
    this.#activities = new ActivityRunner(services, functions.activities, store, commits, Date.now);
    this.#dispatcher = new Dispatcher(
      store,
      {
        turn: async (turn) => turns.run(turn),
        activity: async (activity) => this.#activities.run(activity),
      },
      { turns: options.maxConcurrentOrchestrators, activities: options.maxConcurrentActivities },
      log,
      Date.now,
    );
    const context: ApiContext = {
      store,
      hubName: options.hubName,
      address,
      orchestrators: functions.orchestrators,
      entities: functions.entities,
      defaultVersion: options.defaultVersion,
      overridableExistingInstanceStates: options.overridableExistingInstanceStates,
      now: Date.now,
      newId: () => randomUUID().replaceAll('-', ''),
      failed: (error) => {
        log.general('error', `A request to the task hub failed: ${String(error)}`);
      },
    };
    this.#listeners = new Map([
      [WEBHOOK_PATH, durableHttpApi(context, { basePath: WEBHOOK_PATH, allowed: keyCheck(address) })],
      [RPC_PATH, durableHttpApi(context, { basePath: RPC_PATH, allowed: isLocal })],
    ]);
  }

  start(): void {
    this.#dispatcher.start();
  }

  /** @param path where the request was mounted */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    this.#listeners.get(path)?.(request, response);
  }

  /** Finishes the turns and activities that run, and closes the hub. */
  async stop(): Promise<void> {
    this.#activities.stop();
    await this.#dispatcher.stop();
    await this.#store.close();
  }
}

/** Whoever has the system key may call, or everybody where none is asked for. */
function keyCheck(address: () => WebhookAddress): (request: IncomingMessage) => boolean {
  const { key } = address();
  return key === undefined ? () => true : anyKey([key]);
}
