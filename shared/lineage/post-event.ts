import type { RunEvent } from './run-event.ts';

/** How long a lineage service may take: whoever trains waits for it. */
const BOUND_MS = 3_000;

/**
 * What hands events to an OpenLineage service, as a client of its HTTP transport does: one `POST` each.
 * @returns a function that throws Error where the service does not take the event in time
 */
export function eventPoster(url: string, boundMs = BOUND_MS): (event: RunEvent) => Promise<void> {
  return async (event) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
      redirect: 'error',
      signal: AbortSignal.timeout(boundMs),
    });
    // What it says does not matter; a body that nobody reads would keep the connection.
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  };
}
