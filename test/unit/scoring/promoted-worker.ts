import { type PredictionEvent, predictionEventSchema } from '../../../shared/events/event-schema.ts';
import { Failure } from '../../../shared/failure.ts';
import { assignmentHash, bucketOf, seedOf } from '../../../shared/registry/assignment.ts';
import type { TrafficRow } from '../../../shared/registry/rows.ts';
import { TrafficView } from '../../../shared/registry/traffic-view.ts';
import type { LoadedModel } from '../../../shared/scoring/load-model.ts';
import { ModelPool } from '../../../shared/scoring/model-pool.ts';
import { Recorder } from '../../../shared/scoring/recorder.ts';
import { scoreRows, type ScoringParts } from '../../../shared/scoring/score.ts';
import { Serving } from '../../../shared/scoring/serving.ts';
import type { ServedRow } from '../../../shared/scoring/shadow.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';
import { idAt } from '../../fixtures/prediction-events.ts';
import { promotedRow } from '../../fixtures/traffic-row.ts';

export const SEED = seedOf('promotion-1');
/** By which the running promotion assigns an account. */
export const hashOf = (account: string) => assignmentHash(SEED, account);

/** The first account whose bucket is in `[from, to)`. */
export function accountIn(from: number, to: number): string {
  for (let index = 0; ; index += 1) {
    const bucket = bucketOf(hashOf(`A${index}`));
    if (bucket >= from && bucket < to) return `A${index}`;
  }
}

/** Accounts of the first and of the last hundredth. */
export const [EARLY, LATE] = [accountIn(0, 100), accountIn(9_900, 10_000)];

/** Version and variant of each. */
export const servedBy = (predictions: readonly { version: string; variant: string }[]) =>
  predictions.map(({ version, variant }) => `${version} ${variant}`);

/** Scores for the model `cards` while version 2 is promoted: with nothing loaded yet, and half of the traffic. */
export class PromotedWorker {
  row: TrafficRow = promotedRow(50);
  champion = loadedModel('cards', '1');
  /** The error with which it cannot be loaded, or nothing while it is loading. */
  candidate: LoadedModel | Error | undefined = loadedModel('cards', '2');
  readonly events: PredictionEvent[] = [];
  readonly shadowed: { served: ServedRow; other: string; error?: string; amount?: unknown }[] = [];
  failAppend = false;
  time = Date.UTC(2026, 0, 1);
  parts = this.#build();

  /** Forgets what it has loaded. */
  restart(): void {
    this.parts = this.#build();
  }

  #build(): ScoringParts {
    let ids = 0;
    const pool = new ModelPool(
      (_, version) => {
        if (version === '1') return Promise.resolve(this.champion);
        if (this.candidate instanceof Error) return Promise.reject(this.candidate);
        return this.candidate === undefined ? new Promise(() => undefined) : Promise.resolve(this.candidate);
      },
      () => 0,
      () => undefined,
    );
    const traffic = new TrafficView(
      () => Promise.resolve(this.row),
      () => 0,
      () => undefined,
    );
    const append = (texts: readonly string[]) => {
      if (this.failAppend) return Promise.reject(new Failure('unavailable', 'no log'));
      this.events.push(...texts.map((text) => predictionEventSchema.parse(JSON.parse(text))));
      return Promise.resolve('acknowledged' as const);
    };
    return {
      serving: new Serving(traffic, pool, () => this.time),
      recorder: new Recorder({ enter: () => ({ append, leave: () => undefined }) }, 100_000),
      newId: () => idAt((ids += 1)),
      now: () => 0,
      shadow: {
        submit: (served, { version, contract }, checked) =>
          this.shadowed.push({ served, other: version, amount: contract.value(checked, 'amount') }),
        submitFailed: (served, other, error) => this.shadowed.push({ served, other, error }),
      },
    };
  }

  /** Scores accounts in one body; the amounts, and with them the scores, are 0.1, 0.2 and so on. */
  async score(accounts: readonly (string | undefined)[], pinned?: string) {
    const rows = accounts.map((account, index) => ({
      row: { ...(account === undefined ? {} : { account }), amount: ((index % 9) + 1) / 10 },
      path: `/transactions/${index}`,
    }));
    return scoreRows(this.parts, 'cards', pinned, rows);
  }

  /** Loads the candidate, as earlier requests have done. */
  async warm(): Promise<void> {
    await this.score([EARLY]);
    await new Promise(setImmediate);
    this.events.length = 0;
    this.shadowed.length = 0;
  }
}
