import { Failure } from '../failure.ts';
import type { Blobs, Documents } from './ports.ts';
import { parseTraffic, type Traffic } from './parse-row.ts';
import { copyBytes, trafficCopyPath } from './row-copies.ts';
import type { Transition } from './traffic.ts';

/** What became of a transition, and the row as it is now. */
export type TrafficChange =
  | { readonly kind: 'changed' | 'unchanged'; readonly traffic: Traffic }
  | { readonly kind: 'refused'; readonly reason: string; readonly traffic: Traffic };

export interface TrafficStores {
  readonly documents: Documents;
  /** Holds the copy from which the registry is rebuilt when Cosmos is lost. */
  readonly models: Blobs;
}

/** Lost races in a row; each means that another writer has made progress. */
const MAX_TRIES = 50;

/**
 * Applies a transition to a model's traffic row by compare-and-swap, and brings the copy in Blob up to date. Where it
 * fails, the row may have been changed: doing it again is safe, and completes the copy.
 * @throws Failure `not-found` for a model without traffic, `unavailable`
 */
export async function changeTraffic(
  stores: TrafficStores,
  model: string,
  transition: Transition,
): Promise<TrafficChange> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    // In sequence: each try needs the row that the one before has lost against
    const traffic = await readTraffic(stores.documents, model);
    const outcome = transition(traffic.row);
    if (outcome.kind === 'refused') return { ...outcome, traffic };
    if (outcome.kind === 'unchanged') {
      await copyTraffic(stores, traffic);
      return { kind: 'unchanged', traffic };
    }
    const stored = await stores.documents.replace(model, 'traffic', outcome.row, traffic.etag);
    if (stored === undefined) continue;
    const written = parseTraffic(stored);
    await copyTraffic(stores, written);
    return { kind: 'changed', traffic: written };
  }
  throw new Failure('unavailable', `The traffic of '${model}' changes too fast to be changed here`);
}

/** Writes the copy; again where the row has moved on meanwhile, so that the last to finish leaves the newest one. */
export async function copyTraffic({ documents, models }: TrafficStores, traffic: Traffic): Promise<void> {
  const { model } = traffic.row;
  for (let { row } = traffic; ;) {
    // In sequence: each copy follows the one before
    await models.write(trafficCopyPath(model), copyBytes(row));
    const now = await readTraffic(documents, model);
    if (now.row.epoch <= row.epoch) return;
    row = now.row;
  }
}

async function readTraffic(documents: Documents, model: string): Promise<Traffic> {
  const found = await documents.read(model, 'traffic');
  if (found === undefined) throw new Failure('not-found', `There is no model named '${model}'`);
  return parseTraffic(found);
}
