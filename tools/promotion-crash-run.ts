import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../shared/app.ts';
import { isOver } from '../shared/promotion/state.ts';
import { createRandom, type Random } from '../shared/training/random.ts';
import { championOf, registerCopy } from './copied-version.ts';
import {
  faultsOfAgreement,
  faultsOfRest,
  faultsOfVersions,
  promotionSnapshot,
  type PromotionSnapshot,
} from './promotion-crash-check.ts';
import { PromotionDriver } from './promotion-driver.ts';
import { connect } from './stack-connection.ts';
import { StackProcess } from './stack-process.ts';

export interface PromotionCrashOptions {
  readonly model: string;
  readonly kills: number;
  readonly seed: number;
  /** The stack's folder; a first version is trained where it has none. */
  readonly home: string;
  /** A kill comes up to so long after the stack can score; default 12 s. Milliseconds. */
  readonly mostMs?: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface PromotionCrashes {
  /** How many promotions ended in each phase. */
  readonly ended: Readonly<Record<string, number>>;
  /** How many kills hit a promotion in each phase, none at all, or a stack that was still starting. */
  readonly killedIn: Readonly<Record<string, number>>;
  /** Requests that were answered. */
  readonly answered: number;
  /** What was seen that must not be. */
  readonly faults: readonly string[];
}

/** What a promotion by the driver's plan takes, about. */
const MOST_MS = 12_000;
/** This share of the kills hits a stack that is still starting, up to so long after it was started. */
const EARLY_KILLS = 0.2;
const MOST_EARLY_MS = 4_000;
/** This share of the others hits a promotion that is being taken back, up to so long after that was asked for. */
const KILLED_ORDERS = 0.25;
const MOST_ORDER_MS = 150;
/** How long the app may take to complete, or undo, what was half done when it was killed. */
const AGREE_BOUND_MS = 20_000;
/** A claim that nothing drives is ended half a minute after its time, by a timer of half a minute. */
const REST_BOUND_MS = 180_000;
const POLL_MS = 250;

/**
 * Kills a whole stack at random moments, the same ones for the same seed, while a model's two versions are promoted over
 * each other again and again, and starts it each time.
 * @throws Error where the stack does not start, or its documents cannot be read
 */
export async function crashPromotions(options: PromotionCrashOptions): Promise<PromotionCrashes> {
  const { kills, onProgress = () => undefined } = options;
  const random = createRandom(options.seed);
  const run = new CrashRun(options);
  try {
    await run.begin();
    for (let kill = 0; kill < kills; kill++) {
      onProgress('kills', kill, kills);
      await run.killOnce(random);
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
  readonly #mostMs: number;
  readonly #faults: string[] = [];
  readonly #killedIn: Record<string, number> = {};
  #stack: StackProcess;
  #first = '';
  /** Both are promoted, one over the other. */
  #versions: readonly string[] = [];
  #kills = 0;
  #answered = 0;

  constructor({ model, home, mostMs = MOST_MS }: PromotionCrashOptions) {
    this.#model = model;
    this.#home = home;
    this.#mostMs = mostMs;
    this.#stack = new StackProcess(home);
  }

  async begin(): Promise<void> {
    await this.#connected(async (app) => {
      const champion = await championOf(app, this.#model);
      this.#first = champion.version;
      this.#versions = [champion.version, await registerCopy(app, champion)];
    });
  }

  async killOnce(random: Random): Promise<void> {
    if (random() < EARLY_KILLS) {
      await wait(random() * MOST_EARLY_MS);
      await this.#kill('starting');
    } else {
      await this.#connected(async (app, driver) => {
        await this.#check(app);
        driver.start(true);
        await wait(random() * this.#mostMs);
        const phase = phaseOf(await promotionSnapshot(app, this.#model));
        const isOrdered = random() < KILLED_ORDERS;
        const how = random() < 0.5 ? 'abort' : 'rollback';
        const orderMs = random() * MOST_ORDER_MS;
        if (isOrdered) await Promise.race([driver.takeBack(how), wait(orderMs)]);
        await this.#kill(isOrdered ? `${phase}, taken back` : phase);
      });
    }
    this.#stack = new StackProcess(this.#home);
  }

  /** Waits until the last promotion has ended by itself. */
  async end(): Promise<PromotionCrashes> {
    const { promotions } = await this.#connected(async (app, driver) => {
      await this.#check(app);
      driver.start(false);
      const snapshot = await this.#settled(app, (found) => faultsOfRest(app, found), REST_BOUND_MS);
      for (const fault of faultsOfAgreement(snapshot, this.#first)) this.#fault(fault);
      return snapshot;
    });
    return {
      ended: counted(promotions.map(({ state }) => state.situation.phase)),
      killedIn: this.#killedIn,
      answered: this.#answered,
      faults: this.#faults,
    };
  }

  async stop(): Promise<void> {
    await this.#stack.stop();
  }

  async #kill(when: string): Promise<void> {
    await this.#stack.kill();
    this.#kills += 1;
    this.#killedIn[when] = (this.#killedIn[when] ?? 0) + 1;
  }

  /** Waits for the stack, and lets go of it when it has been used or killed. */
  async #connected<T>(use: (app: App, driver: PromotionDriver) => Promise<T>): Promise<T> {
    const endpoints = await this.#stack.ready;
    const app = await connect(endpoints, this.#model);
    const driver = await PromotionDriver.open(endpoints.http, this.#model, this.#versions, this.#kills);
    try {
      return await use(app, driver);
    } finally {
      await driver.stop();
      this.#answered += driver.answered;
      for (const fault of driver.faults) this.#fault(fault);
      await app.close();
    }
  }

  #fault(text: string): void {
    this.#faults.push(`after kill ${this.#kills}: ${text}`);
  }

  /** At once nothing may be missing; the rest has to be in order soon. */
  async #check(app: App): Promise<void> {
    const snapshot = await promotionSnapshot(app, this.#model);
    for (const fault of await faultsOfVersions(app, snapshot)) this.#fault(fault);
    await this.#settled(app, (found) => faultsOfAgreement(found, this.#first), AGREE_BOUND_MS);
  }

  /** Looks until there is nothing to find fault with; what there still is when the time is up is noted. */
  async #settled(
    app: App,
    faultsOf: (snapshot: PromotionSnapshot) => string[] | Promise<string[]>,
    boundMs: number,
  ): Promise<PromotionSnapshot> {
    const giveUp = Date.now() + boundMs;
    for (;;) {
      const snapshot = await promotionSnapshot(app, this.#model);
      const faults = await faultsOf(snapshot);
      if (faults.length === 0) return snapshot;
      if (Date.now() > giveUp) {
        for (const fault of faults) this.#fault(fault);
        return snapshot;
      }
      await wait(POLL_MS);
    }
  }
}

function phaseOf({ promotions }: PromotionSnapshot): string {
  const running = promotions.find(({ state }) => !isOver(state))?.state.situation;
  if (running === undefined) return 'none';
  return running.phase === 'canary' ? `canary at ${running.percent} %` : running.phase;
}

function counted(values: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(values, (value) => value);
  return Object.fromEntries([...groups].map(([value, { length }]) => [value, length]));
}
