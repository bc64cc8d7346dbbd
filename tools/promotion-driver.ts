import { setTimeout as wait } from 'node:timers/promises';
import { trafficViewSchema } from '../shared/registry/views.ts';
import { HttpSender } from './http-sender.ts';
import { readDefinition } from './model-folders.ts';
import { loadGenerator } from './row-generator.ts';
import { generatedRows } from './simulated-rows.ts';

const CONNECTIONS = 2;
const BATCH_ROWS = 2_000;
const POLL_MS = 250;
const NAME = 'crash test';
/** Promotions that are just beginning or ending make it busy. */
const EXPECTED = [200, 202, 409, 503];

/** Quick to pass, so that a run sees every phase. */
const PLAN = {
  shadow: { bake: '1s' },
  steps: [
    { percent: 50, bake: '1s' },
    { percent: 100, bake: '1s' },
  ],
  checkEvery: '1s',
  minRequests: 20,
  minEvents: 1,
  extendAtMost: '10m',
  keepWarm: '2s',
  gates: {
    errorRate: { margin: 0.1 },
    decisionRate: { margin: 0.2 },
    latencyP95: { maxRatio: 50 },
    scoreShift: { maxPsi: 5 },
  },
};

/**
 * Sends a model's traffic and promotes one of two versions over the other, again and again, by HTTP alone, until it is
 * stopped. That the app goes away in the middle of a request is nothing to it.
 */
export class PromotionDriver {
  /** Answers that nobody should get. */
  readonly faults: string[] = [];
  answered = 0;
  readonly #base: URL;
  readonly #sender: HttpSender;
  readonly #rows: Iterator<Record<string, unknown>, void>;
  readonly #versions: readonly string[];
  #stopped = false;
  #sending: Promise<unknown> = Promise.resolve();
  #promoting: Promise<unknown> = Promise.resolve();

  private constructor(base: URL, rows: Iterator<Record<string, unknown>, void>, versions: readonly string[]) {
    this.#base = base;
    this.#rows = rows;
    this.#versions = versions;
    this.#sender = new HttpSender(new URL('score', base), CONNECTIONS);
  }

  /**
   * @param url of the app
   * @param versions both of them the model's
   */
  static async open(
    url: string,
    model: string,
    versions: readonly string[],
    seed: number,
  ): Promise<PromotionDriver> {
    const generator = await loadGenerator(model);
    if (generator === undefined) throw new Error(`'${model}' has no generator to take traffic from`);
    const label = (await readDefinition(model)).columns.find(({ role }) => role === 'label')?.name;
    const rows = generatedRows(generator, label, { seed }, BATCH_ROWS, Date.now());
    return new PromotionDriver(new URL(`/api/models/${model}/`, url), rows, versions);
  }

  /** @param promoting whether promotions are started, or only those that run get traffic */
  start(promoting: boolean): void {
    this.#sending = Promise.all(Array.from({ length: CONNECTIONS }, () => this.#send()));
    if (promoting) this.#promoting = this.#unlessGone(() => this.#promote());
  }

  /** Takes the promotion that runs back. */
  async takeBack(how: 'abort' | 'rollback'): Promise<void> {
    await this.#unlessGone(async () => {
      const { canary, shadow } = await this.#traffic();
      const promotionId = (canary ?? shadow)?.promotionId;
      if (promotionId === undefined) return;
      if (how === 'rollback') await this.#post('rollback', { requestedBy: NAME, reason: NAME });
      else await this.#post(`promotions/${promotionId}/abort`, { abortedBy: NAME, reason: NAME });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#sending, this.#promoting]);
    this.#sender.close();
  }

  async #send(): Promise<void> {
    while (!this.#stopped) {
      const answer = await this.#sender.post(JSON.stringify({ transaction: this.#rows.next().value }));
      if ('failure' in answer) {
        // The app is gone, or the connection to it: what is sent at once would fail as well.
        await wait(POLL_MS);
        continue;
      }
      this.answered += 1;
      if (answer.status !== 200) this.faults.push(`a caller was answered ${answer.status}: ${answer.body}`);
    }
  }

  async #promote(): Promise<void> {
    while (!this.#stopped) {
      const { champion, canary, shadow } = await this.#traffic();
      const version = this.#versions.find((one) => one !== champion.version);
      if (canary === null && shadow === null)
        await this.#post('promotions', { version, plan: PLAN, requestedBy: NAME });
      await wait(POLL_MS);
    }
  }

  async #traffic() {
    return trafficViewSchema.parse(await (await fetch(new URL('traffic', this.#base))).json());
  }

  async #post(path: string, body: object): Promise<void> {
    const reply = await fetch(new URL(path, this.#base), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await reply.text();
    if (!EXPECTED.includes(reply.status)) this.faults.push(`${path} was answered ${reply.status}: ${text}`);
  }

  /** What `fetch` throws is a TypeError. */
  async #unlessGone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof TypeError)) this.faults.push(String(error));
    }
  }
}
