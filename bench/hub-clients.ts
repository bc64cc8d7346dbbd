import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

/** What is said between a benchmark and its processes that send to a hub, receive from one, or stand in for one. */

export const sendRequestSchema = z.object({
  connection: z.string(),
  /** Events a send; a send that would be too large holds fewer. */
  perSend: z.number(),
  /** Sends that wait for their answers at the same time. */
  atOnce: z.number(),
  /** It ends after so many seconds or events, whichever comes first. */
  seconds: z.number().default(3_600),
  events: z.number().default(Number.MAX_SAFE_INTEGER),
  /** Whether each event is another one. */
  fresh: z.boolean().default(false),
});

const sendResultSchema = z.object({
  events: z.number(),
  /** Of the events' texts, where they were fresh ones. */
  bytes: z.number(),
  sends: z.number(),
  seconds: z.number(),
  /** Milliseconds until a send is acknowledged. */
  p50: z.number(),
  p99: z.number(),
});
export type SendResult = z.infer<typeof sendResultSchema>;

export const countRequestSchema = z.object({ expect: z.number() });

const countResultSchema = z.object({
  events: z.number(),
  /** From the first event to the last. */
  seconds: z.number(),
  /** From the request to the last event. */
  secondsInAll: z.number(),
});
export type CountResult = z.infer<typeof countResultSchema>;

const bareReady = z.object({ type: z.literal('ready'), connectionString: z.string() });

export interface HubSender {
  readonly pid: number;
  readonly send: (request: z.input<typeof sendRequestSchema>) => Promise<SendResult>;
  readonly stop: () => Promise<void>;
}

/** A process that sends events of a model with the SDK, as the app does. */
export async function startHubSender(model: string): Promise<HubSender> {
  const { child } = await start('hub-sender.ts', [model]);
  return {
    pid: child.pid ?? 0,
    send: async (request) => sendResultSchema.parse(await ask(child, request)),
    stop: () => stopped(child),
  };
}

export interface HubCounter {
  readonly pid: number;
  readonly count: (expect: number) => Promise<CountResult>;
  readonly stop: () => Promise<void>;
}

/** A process that receives with the SDK and counts. @param since milliseconds since 1970; default: everything */
export async function startHubCounter(connection: string, since?: number): Promise<HubCounter> {
  const { child } = await start('hub-counter.ts', [
    connection,
    ...(since === undefined ? [] : [String(since)]),
  ]);
  return {
    pid: child.pid ?? 0,
    count: async (expect) => countResultSchema.parse(await ask(child, { expect })),
    stop: () => stopped(child),
  };
}

/** The server that only accepts, in a process of its own. */
export async function startBareHub(): Promise<{
  pid: number;
  connection: string;
  stop: () => Promise<void>;
}> {
  const { child, message } = await start('bare-hub.ts', []);
  const { connectionString } = bareReady.parse(message);
  return { pid: child.pid ?? 0, connection: connectionString, stop: () => stopped(child) };
}

async function start(
  entry: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; message: unknown }> {
  // As the stack starts its own processes.
  const execArgv = ['--max-semi-space-size=8'];
  const child = fork(join(import.meta.dirname, entry), args, { execArgv });
  return { child, message: await messageOf(child) };
}

function ask(child: ChildProcess, request: Record<string, unknown>): Promise<unknown> {
  const answer = messageOf(child);
  child.send(request);
  return answer;
}

/** The next message of a child. @throws Error where it ends first */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const giveUp = new AbortController();
  const { signal } = giveUp;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then((values): unknown => values[0]),
      once(child, 'exit', { signal }).then(() =>
        Promise.reject(new Error('A process of the benchmark ended')),
      ),
    ]);
  } finally {
    giveUp.abort();
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
