import { messageOf } from '../failure.ts';
import type { Documents, Stored } from '../registry/ports.ts';
import {
  type Alert,
  ALERT_KEYS,
  type AlertFacts,
  type AlertKey,
  alertSchema,
  raised,
  resolved,
} from './alert.ts';

export interface AlertParts {
  /** Documents of the `registry` container. */
  readonly documents: Documents;
  /** Hands an alert to the webhook; absent where none is set. @throws Error where it was not taken */
  readonly post?: ((alert: Alert) => Promise<void>) | undefined;
  /** Hands it to telemetry. */
  readonly record: (alert: Alert) => void;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
  readonly report: (message: string, error?: unknown) => void;
}

/** Models whose alerts are looked through at once. */
const PAGE = 100;
/** What nobody took for a day is no news any more. Milliseconds. */
const STALE_MS = 86_400_000;

/**
 * The alerts of all models. An alert is on record before it is sent: it is sent once for each state and severity, again
 * only where the webhook's answer was lost, and whatever the webhook did not take `deliverOpen` sends later.
 */
export class Alerts {
  readonly #parts: AlertParts;

  constructor(parts: AlertParts) {
    this.#parts = parts;
  }

  /** Raises an alert; one that is open and no less severe stays as it is. @throws Failure `unavailable` */
  async raise(facts: AlertFacts): Promise<void> {
    await this.#change(facts.model, facts.key, (before, at) => raised(before, facts, at));
  }

  /** Says that what an alert was about is over, if one is open. @throws Failure `unavailable` */
  async resolve(model: string, key: AlertKey, detail: string): Promise<void> {
    await this.#change(model, key, (before, at) => resolved(before, detail, at));
  }

  /** The alert of a model, as it is now. @throws Failure `unavailable` */
  async read(model: string, key: AlertKey): Promise<Alert | undefined> {
    const stored = await this.#parts.documents.read(model, idOf(key));
    return stored === undefined ? undefined : alertSchema.parse(stored.value);
  }

  /** Sends what was not taken when it was raised. @returns how many are still waiting */
  async deliverOpen(): Promise<number> {
    let waiting = 0;
    for (const key of ALERT_KEYS) {
      for await (const stored of this.#all(key)) {
        const alert = alertSchema.parse(stored.value);
        const isStale = this.#parts.time() - Date.parse(alert.changedAt) > STALE_MS;
        if (alert.delivered || isStale) continue;
        if (!(await this.#deliver(alert, stored))) waiting += 1;
      }
    }
    return waiting;
  }

  async *#all(key: AlertKey): AsyncGenerator<Stored, void, undefined> {
    let after: string | undefined;
    for (;;) {
      // In sequence: each page says where the next begins
      const found = await this.#parts.documents.acrossModels(idOf(key), PAGE, after);
      yield* found;
      const last = found.at(-1);
      if (found.length < PAGE || last === undefined) return;
      after = alertSchema.parse(last.value).model;
    }
  }

  async #change(
    model: string,
    key: AlertKey,
    change: (before: Alert | undefined, at: Date) => Alert | undefined,
  ): Promise<void> {
    const { documents, record, time } = this.#parts;
    for (;;) {
      const stored = await documents.read(model, idOf(key));
      const before = stored === undefined ? undefined : alertSchema.parse(stored.value);
      const next = change(before, new Date(time()));
      if (next === undefined) return;
      const written =
        stored === undefined
          ? await documents.create(model, idOf(key), next)
          : await documents.replace(model, idOf(key), next, stored.etag);
      // Another worker was faster: what it wrote may be news to this one.
      if (written === undefined) continue;
      record(next);
      await this.#deliver(next, written);
      return;
    }
  }

  /** @returns whether nothing is left to be sent */
  async #deliver(alert: Alert, { etag }: Stored): Promise<boolean> {
    const { documents, post, report } = this.#parts;
    try {
      await post?.(alert);
    } catch (error) {
      report(`The alert '${alert.title}' is sent again later: ${messageOf(error)}`);
      return false;
    }
    // Where the alert has changed meanwhile, whoever changed it sends it.
    await documents.replace(alert.model, idOf(alert.key), { ...alert, delivered: true }, etag);
    return true;
  }
}

function idOf(key: AlertKey): string {
  return `alert:${key}`;
}
