import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvocationContext } from '@azure/functions';
import { getClient, input, type DurableClient } from 'durable-functions';
import type { ApiContext, KnownFunctions } from '../../../../local/durable/api/api-context.ts';
import { durableClientInput } from '../../../../local/durable/api/client-binding.ts';
import { requestMessage, type RequestMessage } from '../../../../local/durable/entities/entity-messages.ts';
import type { HistoryEvent } from '../../../../local/durable/history.ts';
import { durableHttpApi, isLocal } from '../../../../local/durable/api/http-api.ts';
import type { Instance } from '../../../../local/durable/instance.ts';
import { RPC_PATH, WEBHOOK_PATH } from '../../../../local/durable/api/management-urls.ts';
import { SqliteStore } from '../../../../local/durable/store/sqlite-store.ts';
import { keyCheck } from '../../../../local/host/keys.ts';
import type { IndexedFunction } from '../../../../local/host/trigger-driver.ts';

export const HUB = 'TestHub';
export const KEY = 'a system/key+1=';

/** The web API over a socket, with a hub whose instances the tests move by hand. */
export class ApiServer {
  readonly store: SqliteStore;
  readonly context: ApiContext;
  readonly origin: string;
  readonly failures: unknown[] = [];
  readonly #close: () => Promise<void>;

  private constructor(
    store: SqliteStore,
    origin: string,
    close: () => Promise<void>,
    options: Partial<ApiContext>,
  ) {
    this.store = store;
    this.origin = origin;
    this.context = {
      store,
      hubName: HUB,
      address: () => ({ origin, hubName: HUB, key: KEY }),
      orchestrators: known('Hello', 'Second'),
      entities: known('counter'),
      defaultVersion: undefined,
      overridableExistingInstanceStates: 'NonRunningStates',
      now: Date.now,
      newId: () => randomUUID().replaceAll('-', ''),
      failed: (error) => this.failures.push(error),
      ...options,
    };
    this.#close = close;
  }

  static async start(options: Partial<ApiContext> = {}): Promise<ApiServer> {
    const folder = await mkdtemp(join(tmpdir(), 'durable-api-'));
    const store = new SqliteStore({ file: join(folder, 'hub.db'), background: false });
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const address = http.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const origin = `http://127.0.0.1:${String(address.port)}`;
    const close = async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await store.close();
      await rm(folder, { recursive: true });
    };
    const server = new ApiServer(store, origin, close, options);
    const keys = { masterKey: 'master', hostKeys: {}, systemKeys: {}, functionKeys: { api: { key: KEY } } };
    const webhook = durableHttpApi(server.context, {
      basePath: WEBHOOK_PATH,
      allowed: keyCheck(keys, 'api', 'function'),
    });
    const rpc = durableHttpApi(server.context, { basePath: RPC_PATH, allowed: isLocal });
    http.on('request', (message, response) => {
      const listener = message.url?.startsWith(RPC_PATH) === true ? rpc : webhook;
      listener(message, response);
    });
    return server;
  }

  /** @throws Error where a request failed for a reason that was the server's own */
  async stop(): Promise<void> {
    await this.#close();
    if (this.failures.length > 0) throw new AggregateError(this.failures, 'The API failed.');
  }

  /** The library's client, over the address for the app itself or over the webhook with its key. */
  async client(way: 'rpc' | 'webhook'): Promise<DurableClient> {
    const provider = durableClientInput(() => ({ origin: this.origin, hubName: HUB, key: KEY }));
    const binding = input.durableClient();
    const value = await provider.provide({ type: 'durableClient', name: 'client' }, starter);
    const data: Record<string, unknown> = JSON.parse(value.string ?? '');
    const context = new InvocationContext({
      functionName: 'f',
      invocationId: '1',
      options: { trigger: { type: 't', name: 't' }, extraInputs: [binding], extraOutputs: [] },
    });
    context.extraInputs.set(binding, way === 'rpc' ? data : { ...data, rpcBaseUrl: undefined });
    return getClient(context);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.origin}${RPC_PATH}/${path}`, init);
  }

  post(path: string, body = '', type = 'application/json'): Promise<Response> {
    return this.fetch(path, { method: 'POST', body, headers: { 'content-type': type } });
  }

  /** Starts an instance and moves it on as a turn would. */
  async instance(id: string, change: Partial<Instance> = {}, events: readonly HistoryEvent[] = []) {
    const response = await this.post(`orchestrators/Hello/${id}`, '{"a":1}');
    if (response.status !== 202) throw new Error(await response.text());
    if (change.status !== 'Pending') this.move(id, { status: 'Running', ...change }, events);
    return id;
  }

  /** Commits a turn that changes an instance. */
  move(id: string, change: Partial<Instance>, events: readonly HistoryEvent[] = []): void {
    const turn = this.store.claimTurns(1_000, Date.now()).find(({ instance }) => instance.instanceId === id);
    if (turn === undefined) throw new Error(`${id} has no messages`);
    this.store.commitTurn(turn, {
      instance: { ...turn.instance, ...change },
      history: { mode: 'append', events },
      activities: [],
      messages: [],
    });
  }

  /** The requests that wait for an entity. */
  requests(id: string): RequestMessage[] {
    return this.inbox(id).map((event) =>
      requestMessage.parse(JSON.parse('Input' in event ? (event.Input ?? '') : '')),
    );
  }

  /** What waits in an instance's inbox. */
  inbox(id: string): HistoryEvent[] {
    const turns = this.store.claimTurns(1_000, Date.now());
    for (const turn of turns) this.store.abandonTurn(turn, 0);
    const messages = turns.find(({ instance }) => instance.instanceId === id)?.messages ?? [];
    return messages.map(({ event }) => event);
  }
}

function known(...names: string[]): KnownFunctions {
  return { names, find: (name) => names.find((one) => one.toLowerCase() === name.toLowerCase()) };
}

const trigger = { type: 'httpTrigger', name: 'request' };
const starter: IndexedFunction = {
  name: 'starter',
  metadata: { name: 'starter', functionId: 'starter', bindings: {} },
  callback: () => undefined,
  trigger,
  extraInputs: [],
  retry: undefined,
  disabled: false,
};
