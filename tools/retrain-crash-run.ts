import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../shared/app.ts';
import { filePath } from '../shared/registry/model-folder.ts';
import { createRandom, type Random } from '../shared/training/random.ts';
import { retrainStartedSchema } from '../shared/training/runs.ts';
import { faultsOfRun } from './retrain-crash-check.ts';
import { makeSmallModel } from './small-model.ts';
import { connect, stackEndpoints } from './stack-connection.ts';
import { isReady, StackProcess } from './stack-process.ts';

export interface RetrainCrashOptions {
  readonly model: string;
  readonly kills: number;
  readonly seed: number;
  /** An empty folder for the stack. */
  readonly home: string;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface RetrainCrashes {
  /** Runs that ended, each with one version. */
  readonly runs: number;
  /** How many kills hit which activity, and what was killed. */
  readonly killedIn: Readonly<Record<string, number>>;
  /** What was seen that must not be. */
  readonly faults: readonly string[];
}

/** What a kill waits for, and up to how long after it has begun it comes, in milliseconds. */
const MOMENTS = [
  { name: 'validate', spreadMs: 5 },
  { name: 'assemble', spreadMs: 150 },
  { name: 'trial', spreadMs: 600 },
  { name: 'evaluate', spreadMs: 2_000 },
  { name: 'register', spreadMs: 40 },
  { name: 'promote', spreadMs: 30 },
] as const;
type Moment = (typeof MOMENTS)[number]['name'] | 'ended';

/** In this order they come in a run. */
const ORDER: readonly Moment[] = [...MOMENTS.map(({ name }) => name), 'ended'];
const POLL_MS = 2;
/** A host that was killed is there again within seconds. */
const HOST_BOUND_MS = 60_000;
/** A run takes seconds; one that was killed goes on once the lock of its activity has run out. */
const END_BOUND_MS = 180_000;
/** The document of a run says that it has ended a moment before its lineage does. */
const SETTLE_BOUND_MS = 60_000;

/**
 * Kills a stack, or its host, in each activity of a model's retrain in turn, at moments that the seed decides, again and
 * again, and looks what became of each run.
 * @throws Error where the stack does not start, or its documents cannot be read
 */
export async function crashRetrains(options: RetrainCrashOptions): Promise<RetrainCrashes> {
  const { model, home, kills, onProgress = () => undefined } = options;
  const random = createRandom(options.seed);
  onProgress('first version', 0, 1);
  await makeSmallModel(home, model);
  const run = new CrashRun(model, home);
  try {
    for (let kill = 0; kill < kills; kill++) {
      onProgress('kills', kill, kills);
      await run.killOnce(kill, random);
    }
    onProgress('kills', kills, kills);
    return await run.end();
  } finally {
    await run.stop();
  }
}

class CrashRun {
  readonly #model: string;
  readonly #home: string;
  readonly #faults: string[] = [];
  readonly #killedIn: Record<string, number> = {};
  #stack: StackProcess;
  /** The run that goes on, or that nobody has looked at. */
  #runId: string | undefined;
  #runs = 0;
  #kills = 0;

  constructor(model: string, home: string) {
    this.#model = model;
    this.#home = home;
    this.#stack = new StackProcess(home);
  }

  async killOnce(kill: number, random: Random): Promise<void> {
    const cycle = Math.floor(kill / MOMENTS.length);
    const { name, spreadMs } = MOMENTS[kill % MOMENTS.length] ?? MOMENTS[0];
    // In one cycle the stack, in the next the host, which its supervisor starts again.
    const whole = (kill + cycle) % 2 === 0;
    await this.#connected(async (app, url) => {
      // What comes first in a run needs one that begins.
      if (name === MOMENTS[0].name) await this.#endRun(app, url);
      const run = await this.#runningRun(app, url);
      await this.#until(run, name);
      await wait(random() * spreadMs);
      const moment = await run.moment();
      if (whole) await this.#stack.kill();
      else await this.#killHost();
      this.#kills += 1;
      const what = `${moment}, ${whole ? 'stack' : 'host'}`;
      this.#killedIn[what] = (this.#killedIn[what] ?? 0) + 1;
    });
    if (whole) this.#stack = new StackProcess(this.#home);
  }

  /** Waits until the last run has ended. */
  async end(): Promise<RetrainCrashes> {
    await this.#connected((app, url) => this.#endRun(app, url));
    return { runs: this.#runs, killedIn: this.#killedIn, faults: this.#faults };
  }

  async stop(): Promise<void> {
    await this.#stack.stop();
  }

  /** Waits for the app, also where only its host was killed. */
  async #connected<T>(use: (app: App, url: string) => Promise<T>): Promise<T> {
    const endpoints = await this.#stack.ready;
    await until(HOST_BOUND_MS, () => isReady(endpoints.http));
    const app = await connect(endpoints, this.#model);
    try {
      return await use(app, endpoints.http);
    } finally {
      await app.close();
    }
  }

  async #killHost(): Promise<void> {
    await until(HOST_BOUND_MS, async () => {
      const [host] = (await stackEndpoints(this.#home)).processes?.host ?? [];
      return host !== undefined && process.kill(host, 'SIGKILL');
    });
  }

  /** The run that goes on, or one that is started. */
  async #runningRun(app: App, url: string): Promise<WatchedRun> {
    if (this.#runId !== undefined) {
      const run = await WatchedRun.open(app, this.#model, this.#runId);
      if ((await run.moment()) !== 'ended') return run;
      await this.#endRun(app, url);
    }
    const reply = await this.#post(url, 'retrain', { reason: 'crash test' });
    if (reply.status !== 202) throw new Error(`A retrain was refused: ${reply.status} ${await reply.text()}`);
    this.#runId = retrainStartedSchema.parse(await reply.json()).runId;
    return WatchedRun.open(app, this.#model, this.#runId);
  }

  /** Waits until the current run has ended, looks at what became of it, and makes room for the next one's promotion. */
  async #endRun(app: App, url: string): Promise<void> {
    const runId = this.#runId;
    if (runId === undefined) return;
    await this.#until(await WatchedRun.open(app, this.#model, runId), 'ended');
    let faults: string[] = [];
    await until(SETTLE_BOUND_MS, async () => {
      faults = await faultsOfRun(app, this.#model, runId);
      return faults.length === 0;
    });
    this.#faults.push(...faults.map((fault) => `after kill ${this.#kills}: ${fault}`));
    this.#runId = undefined;
    this.#runs += 1;
    const row = await app.retraining.runs.read(this.#model, runId);
    if (row?.promotionId === undefined) return;
    const order = { abortedBy: 'crash test', reason: 'the next one' };
    await (await this.#post(url, `promotions/${row.promotionId}/abort`, order)).arrayBuffer();
  }

  /** Waits until a run is at a moment, or beyond it. */
  async #until(run: WatchedRun, wanted: Moment): Promise<void> {
    const isThere = async () => ORDER.indexOf(await run.moment()) >= ORDER.indexOf(wanted);
    if (await until(END_BOUND_MS, isThere)) return;
    this.#faults.push(`after kill ${this.#kills}: the run does not come to ${wanted}: ${await run.moment()}`);
  }

  #post(url: string, path: string, body: object): Promise<Response> {
    return fetch(new URL(`/api/models/${this.#model}/${path}`, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}

/** A run, and the folder that its version will get. */
class WatchedRun {
  readonly #app: App;
  readonly #model: string;
  readonly #runId: string;
  readonly #nextVersion: string;

  private constructor(app: App, model: string, runId: string, nextVersion: string) {
    this.#app = app;
    this.#model = model;
    this.#runId = runId;
    this.#nextVersion = nextVersion;
  }

  static async open(app: App, model: string, runId: string): Promise<WatchedRun> {
    const [newest] = (await app.registry.versions(model, 1)).items;
    let next = (newest?.number ?? 0) + 1;
    // Folders of attempts that were killed stay.
    while (await isClaimed(app, model, String(next))) next += 1;
    return new WatchedRun(app, model, runId, String(next));
  }

  async moment(): Promise<Moment> {
    const row = await this.#app.retraining.runs.read(this.#model, this.#runId);
    if (row === undefined) throw new Error(`The run ${this.#runId} is gone`);
    if (row.status !== 'running') return 'ended';
    switch (row.step) {
      case 'search':
        return 'trial';
      case 'register':
        return (await isClaimed(this.#app, this.#model, this.#nextVersion)) ? 'register' : 'evaluate';
      case 'done':
        return 'ended';
      case 'validate':
      case 'assemble':
      case 'promote':
        return row.step;
    }
  }
}

async function isClaimed(app: App, model: string, version: string): Promise<boolean> {
  return (await app.models.read(filePath(model, version, 'contract.json'))) !== undefined;
}

/** Waits until something is so. @returns whether it came to be so in time */
async function until(boundMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const giveUp = Date.now() + boundMs;
  for (;;) {
    if (await isSo()) return true;
    if (Date.now() > giveUp) return false;
    await wait(POLL_MS);
  }
}
