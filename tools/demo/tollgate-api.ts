import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { driftReportSchema } from '../../shared/drift/report.ts';
import { promotionViewSchema } from '../../shared/promotion/view.ts';
import { trafficViewSchema } from '../../shared/registry/views.ts';
import { runViewSchema } from '../../shared/training/run-record.ts';

const POLL_MS = 500;

/** The public routes of a model that the demonstration asks. */
export class TollgateApi {
  readonly #base: URL;

  constructor(url: string, model: string) {
    this.#base = new URL(`/api/models/${model}/`, url);
  }

  readonly traffic = async () => trafficViewSchema.parse(await this.#get('traffic'));
  readonly checkDrift = async () => driftReportSchema.parse(await this.#post('drift', {}));
  readonly promotion = async (id: string) => promotionViewSchema.parse(await this.#get(`promotions/${id}`));
  readonly runs = async () =>
    z.object({ items: z.array(runViewSchema) }).parse(await this.#get('runs')).items;
  readonly run = async (id: string) => runViewSchema.parse(await this.#get(`runs/${id}`));
  readonly promote = async (version: string, plan: object) =>
    z
      .object({ promotionId: z.string() })
      .parse(await this.#post('promotions', { version, plan, requestedBy: 'the demonstration' })).promotionId;

  async #get(path: string): Promise<unknown> {
    return answerOf(await fetch(new URL(path, this.#base)));
  }

  async #post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const url = new URL(path, this.#base);
    return answerOf(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }));
  }
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${new URL(response.url).pathname} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/**
 * Asks until the answer is there.
 * @param what is waited for, for the message
 * @throws Error where it does not come in time
 */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const giveUp = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > giveUp) throw new Error(`${what}: not after ${seconds} s`);
    await wait(POLL_MS);
  }
}
