import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHostReport, type HostReport } from '../../../local/host/protocol.ts';

const entry = fileURLToPath(new URL('../../../local/host/main.ts', import.meta.url));

/** The settings of the sample app. */
const sampleSettings = { GREETING: 'Hello', TICK_SCHEDULE: '0 0 5 * * 1' };

export interface HostProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
  readonly ready: Extract<HostReport, { type: 'ready' }>;
  /** Everything written so far to both streams. */
  output(): string;
  /** Resolves when the output contains the text (again, where it did before `from`). */
  printed(text: string, from?: number): Promise<void>;
  /** Asks the host to stop and waits for its exit code. */
  stop(): Promise<number | null>;
}

export interface HostSettings {
  readonly app: string;
  readonly state?: string;
  readonly arguments?: readonly string[];
  readonly environment?: Record<string, string>;
}

/** The folder of a fixture app. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'host-'));
  return { path, remove: async () => rm(path, { recursive: true, force: true }) };
}

/** Starts a host process, without waiting. */
export function forkHost(settings: HostSettings & { readonly state: string }): {
  child: ChildProcess;
  output: () => string;
  reports: HostReport[];
} {
  const child = fork(
    entry,
    ['--app', settings.app, '--state', settings.state, '--port', '0', ...(settings.arguments ?? [])],
    {
      env: { ...process.env, ...sampleSettings, ...settings.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const reports: HostReport[] = [];
  child.on('message', (message) => {
    const report = parseHostReport(message);
    if (report !== undefined) reports.push(report);
  });
  return { child, output: () => text, reports };
}

/** Starts a host and waits until its app is loaded. */
export async function startHostProcess(settings: HostSettings): Promise<HostProcess> {
  const folder = settings.state === undefined ? await temporaryFolder() : undefined;
  const { child, output } = forkHost({ ...settings, state: settings.state ?? folder?.path ?? '' });
  const ready = await new Promise<Extract<HostReport, { type: 'ready' }>>((resolve, reject) => {
    child.on('message', (message) => {
      const report = parseHostReport(message);
      if (report?.type === 'ready') resolve(report);
      if (report?.type === 'failed') reject(new Error(report.message));
    });
    child.once('exit', (code) => {
      reject(new Error(`The host ended with ${String(code)}:\n${output()}`));
    });
  });
  const printed = async (text: string, from = 0): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (output().includes(text, from)) resolve();
    };
    const streams = [child.stdout, child.stderr];
    for (const stream of streams) stream?.on('data', look);
    look();
    await promise;
    for (const stream of streams) stream?.off('data', look);
  };
  return {
    child,
    port: ready.http.port,
    url: `http://127.0.0.1:${String(ready.http.port)}`,
    ready,
    output,
    printed,
    stop: async () => {
      if (child.exitCode === null) {
        const ended = once(child, 'close');
        child.send({ type: 'stop' });
        await ended;
      }
      await folder?.remove();
      return child.exitCode;
    },
  };
}

export interface RawReply {
  readonly status: number | undefined;
  /** As sent, without Date. */
  readonly headers: string[];
  readonly body: string;
}

/** One request over its own connection, with the reply as it came over the wire. */
export async function send(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
): Promise<RawReply> {
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path,
    method: options.method ?? 'GET',
    headers: { host: 'sample.test', ...options.headers },
    agent: false,
  });
  const answered = once(request, 'response');
  request.end(options.body);
  const [response] = (await answered) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const headers: string[] = [];
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    const name = response.rawHeaders[index] ?? '';
    if (name !== 'Date') headers.push(`${name}: ${response.rawHeaders[index + 1] ?? ''}`);
  }
  return { status: response.statusCode, headers, body: Buffer.concat(chunks).toString('latin1') };
}
