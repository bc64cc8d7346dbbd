import { setTimeout as wait } from 'node:timers/promises';
import type { Alert } from './alert.ts';
import { type AlertFormat, type WebhookMessage, webhookMessage } from './formats.ts';

/** How a post is tried: each try is bounded, and so are all of them together. Milliseconds. */
export interface Patience {
  readonly tryMs: number;
  /** Waits before the second try, the third and so on. */
  readonly waitsMs: readonly number[];
  readonly wait: (ms: number) => Promise<void>;
}

/** A receiver that says when to come back is waited for, but not longer than this. */
const MOST_WAIT_MS = 10_000;

/**
 * Posts a message to a webhook; tries again where the receiver is not there, is busy, or fails.
 * @throws Error, without the address, where it was not taken
 */
export async function postWebhook(message: WebhookMessage, patience: Patience): Promise<void> {
  for (const [at, waitMs] of [...patience.waitsMs, undefined].entries()) {
    const answer = await tryOnce(message, patience.tryMs);
    if (answer.kind === 'taken') return;
    if (waitMs === undefined || answer.kind === 'refused')
      throw new Error(`The webhook did not take the alert (${answer.reason}, tried ${at + 1} times)`);
    await patience.wait(Math.max(waitMs, Math.min(MOST_WAIT_MS, answer.afterMs)));
  }
}

type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'busy'; readonly reason: string; readonly afterMs: number };

async function tryOnce({ url, contentType, body }: WebhookMessage, tryMs: number): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: JSON.stringify(body),
      // A redirect would take the message to somebody who was not named.
      redirect: 'manual',
      signal: AbortSignal.timeout(tryMs),
    });
    await response.body?.cancel();
    if (response.ok) return { kind: 'taken' };
    const reason = `it answered ${response.status}`;
    if (!isPassing(response.status)) return { kind: 'refused', reason };
    const after = Number(response.headers.get('retry-after') ?? 0);
    return { kind: 'busy', reason, afterMs: Number.isFinite(after) ? after * 1_000 : 0 };
  } catch (error) {
    // What fetch says names the address, which may hold a secret.
    const reason = error instanceof DOMException ? 'it did not answer in time' : 'it could not be reached';
    return { kind: 'busy', reason, afterMs: 0 };
  }
}

function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Whoever raises an alert waits for it: some seconds. */
const USUAL: Patience = { tryMs: 4_000, waitsMs: [500, 2_000], wait: async (ms) => wait(ms) };

/** What hands alerts to a webhook; undefined where none is set. @param app where this app is found, for links */
export function webhookPoster(
  { webhook, format }: { readonly webhook: URL | undefined; readonly format: AlertFormat },
  app: URL | undefined,
): ((alert: Alert) => Promise<void>) | undefined {
  if (webhook === undefined) return undefined;
  return async (alert) => postWebhook(webhookMessage(alert, format, webhook, app), USUAL);
}
