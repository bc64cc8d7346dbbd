import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { fixture, type HostProcess, startHostProcess } from '../host/host-process.ts';

const BOUND_MS = 30_000;
const POLL_MS = 15;
const ENDED = ['Completed', 'Failed', 'Canceled', 'Terminated'];

const statusSchema = z.looseObject({
  name: z.string(),
  instanceId: z.string(),
  runtimeStatus: z.string(),
  input: z.unknown(),
  output: z.unknown(),
  customStatus: z.unknown(),
  createdTime: z.string(),
  lastUpdatedTime: z.string(),
});
export type Status = z.infer<typeof statusSchema>;

const answerSchema = z.object({ value: z.unknown().optional(), error: z.string().optional() });

const historySchema = z.looseObject({
  historyEvents: z.array(z.looseObject({ EventType: z.string() })),
});

/** The fixture `durable-app` in a host of its own, with what its routes offer. */
export class DurableApp {
  readonly host: HostProcess;

  private constructor(host: HostProcess) {
    this.host = host;
  }

  static async start(state?: string): Promise<DurableApp> {
    const app = fixture('durable-app');
    return new DurableApp(await startHostProcess({ app, ...(state === undefined ? {} : { state }) }));
  }

  async stop(): Promise<void> {
    await this.host.stop();
  }

  /** What a method of the app's client answers. @throws Error with the client's message */
  async call(method: string, ...values: readonly unknown[]): Promise<unknown> {
    const response = await this.post(`client/${method}`, values);
    const { value, error } = answerSchema.parse(await response.json());
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Starts an orchestration through the client. @returns its id */
  async start(name: string, input: unknown = {}, options: Record<string, unknown> = {}): Promise<string> {
    return z.string().parse(await this.call('startNew', name, { input, ...options }));
  }

  async status(id: string, options: Record<string, unknown> = {}): Promise<Status> {
    return statusSchema.parse(await this.call('getStatus', id, options));
  }

  /** Waits until the status is as asked for. @throws Error with the last status when that takes too long */
  async until(id: string, wanted: (status: Status) => boolean): Promise<Status> {
    const giveUp = Date.now() + BOUND_MS;
    for (;;) {
      const status = await this.status(id, { showInput: true });
      if (wanted(status)) return status;
      if (Date.now() > giveUp) throw new Error(`Still ${JSON.stringify(status)}`);
      await wait(POLL_MS);
    }
  }

  ended(id: string): Promise<Status> {
    return this.until(id, ({ runtimeStatus }) => ENDED.includes(runtimeStatus));
  }

  /** Waits for the end. @returns the output of an orchestration that succeeded */
  async output(id: string): Promise<unknown> {
    const status = await this.ended(id);
    if (status.runtimeStatus !== 'Completed') throw new Error(JSON.stringify(status));
    return status.output;
  }

  async run(name: string, input: unknown = {}): Promise<unknown> {
    return this.output(await this.start(name, input));
  }

  /** The history as the management API shows it. */
  async history(id: string): Promise<{ EventType: string; [member: string]: unknown }[]> {
    const reply = await this.api(`instances/${id}?showHistory=true&showHistoryOutput=true`);
    return historySchema.parse(await reply.json()).historyEvents;
  }

  /** A request to the management API. */
  api(path: string, options: RequestInit = {}): Promise<Response> {
    return fetch(`${this.host.url}/runtime/webhooks/durabletask/${path}`, options);
  }

  post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${this.host.url}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async openGate(name: string): Promise<void> {
    await this.post(`gates/${name}`, {});
  }

  /** How often activities were run under a key. */
  async runs(key: string): Promise<number> {
    const response = await fetch(`${this.host.url}/runs/${key}`);
    return z.number().parse(await response.json());
  }

  /** Waits until an activity was run so often under a key. */
  async untilRun(key: string, times: number): Promise<void> {
    const giveUp = Date.now() + BOUND_MS;
    while ((await this.runs(key)) < times) {
      if (Date.now() > giveUp) throw new Error(`${key} was run ${String(await this.runs(key))} times`);
      await wait(POLL_MS);
    }
  }
}
