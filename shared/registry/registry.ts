import type { z } from 'zod';
import { changeTraffic, copyTraffic, type TrafficChange, type TrafficStores } from './change-traffic.ts';
import { parseRow, parseTraffic, type Traffic } from './parse-row.ts';
import type { Blobs, Documents } from './ports.ts';
import { copyBytes, trafficCopyPath, versionCopyPath } from './row-copies.ts';
import {
  type DatasetRow,
  datasetRowSchema,
  type Registration,
  registrationSchema,
  type TrafficRow,
  type VersionRow,
  versionRowSchema,
} from './rows.ts';
import type { Transition } from './traffic.ts';

export type { Traffic } from './parse-row.ts';

/** A page of a list: `next`, where present, is the `after` of the following page. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

const MODELS_AT_ONCE = 200;

/** The model registry: versions, data sets and the traffic row, each parsed as it leaves Cosmos. */
export class Registry {
  readonly #documents: Documents;
  readonly #stores: TrafficStores;

  constructor(documents: Documents, models: Blobs) {
    this.#documents = documents;
    this.#stores = { documents, models };
  }

  async version(model: string, version: string): Promise<VersionRow | undefined> {
    const found = await this.#documents.read(model, `version:${version}`);
    return found && parseRow(versionRowSchema, found.value);
  }

  /** Versions of a model, newest first; `after` is a version. */
  async versions(model: string, limit: number, after?: string): Promise<Page<VersionRow>> {
    return this.#list(versionRowSchema, model, 'version', limit, after);
  }

  async dataset(model: string, version: string): Promise<DatasetRow | undefined> {
    const found = await this.#documents.read(model, `dataset:${version}`);
    return found && parseRow(datasetRowSchema, found.value);
  }

  /** Data set versions of a model, newest first. */
  async datasets(model: string, limit: number, after?: string): Promise<Page<DatasetRow>> {
    return this.#list(datasetRowSchema, model, 'dataset', limit, after);
  }

  /** What `settle` has settled for a run; its row may have yet to be added. */
  async settled(model: string, run: string): Promise<VersionRow | undefined> {
    const found = await this.#documents.read(model, `registration:${run}`);
    return found && parseRow(registrationSchema, found.value).row;
  }

  /**
   * Settles what a run registers, for good: the first row of the run counts, and whoever comes later gets that one.
   * @param row of a version whose files are in Blob already
   */
  async settle(row: VersionRow): Promise<VersionRow> {
    const { model, createdBy } = row;
    const document: Registration = { kind: 'registration', model, run: createdBy.run, row };
    const id = `registration:${createdBy.run}`;
    if ((await this.#documents.create(model, id, document)) !== undefined) return row;
    return (await this.settled(model, createdBy.run)) ?? row;
  }

  /**
   * Adds the row of a version whose files are in Blob already, after its copy.
   * @returns false where the number is taken
   */
  async addVersion(row: VersionRow): Promise<boolean> {
    await this.#stores.models.create(versionCopyPath(row.model, row.version), copyBytes(row));
    return (await this.#documents.create(row.model, `version:${row.version}`, row)) !== undefined;
  }

  /**
   * Retires a version that was replaced, and brings its copy up to date. One that is not there, or was rejected, stays
   * as it is. Where it fails, doing it again completes it.
   */
  async retire(model: string, version: string): Promise<void> {
    for (;;) {
      // In sequence: each try needs the row that the one before has lost against
      const found = await this.#documents.read(model, `version:${version}`);
      const row = found && parseRow(versionRowSchema, found.value);
      if (found === undefined || row === undefined || row.state === 'rejected') return;
      const retired: VersionRow = { ...row, state: 'retired' };
      const isStored =
        row.state === 'retired' ||
        (await this.#documents.replace(model, `version:${version}`, retired, found.etag)) !== undefined;
      if (!isStored) continue;
      await this.#stores.models.write(versionCopyPath(model, version), copyBytes(retired));
      return;
    }
  }

  /**
   * Whether a model that had traffic has no rows any more, only their copies: it has to be recovered before anything is
   * registered, which would be taken for its first version.
   */
  async isLost(model: string): Promise<boolean> {
    // The copy first: it is written after the row.
    const copy = await this.#stores.models.read(trafficCopyPath(model));
    return copy !== undefined && (await this.traffic(model)) === undefined;
  }

  async addDataset(row: DatasetRow): Promise<boolean> {
    return (await this.#documents.create(row.model, `dataset:${row.version}`, row)) !== undefined;
  }

  /** Who gets traffic; undefined for a model that no version was ever registered of. */
  async traffic(model: string): Promise<Traffic | undefined> {
    const found = await this.#documents.read(model, 'traffic');
    return found && parseTraffic(found);
  }

  /** The traffic rows of all models, in the order of their names; `after` is a model. */
  async allTraffic(limit: number, after?: string): Promise<Page<Traffic>> {
    const found = await this.#documents.acrossModels('traffic', limit + 1, after);
    return page(found.map(parseTraffic), limit, ({ row }) => row.model);
  }

  /** The names of all models, in order. */
  async modelNames(): Promise<string[]> {
    const names: string[] = [];
    let after: string | undefined;
    do {
      // In sequence: a page says where the next one starts
      const { items, next } = await this.allTraffic(MODELS_AT_ONCE, after);
      names.push(...items.map(({ row }) => row.model));
      after = next;
    } while (after !== undefined);
    return names;
  }

  /**
   * Makes `version` the champion of a model that has none yet.
   * @returns false where the model has a champion already, which then stays
   */
  async installFirstChampion(model: string, version: string, by: string, at: Date): Promise<boolean> {
    const row: TrafficRow = {
      kind: 'traffic',
      model,
      epoch: 1,
      champion: { version },
      canary: null,
      shadow: null,
      claim: null,
      previousChampion: null,
      changedAt: at.toISOString(),
      changedBy: by,
    };
    const created = await this.#documents.create(model, 'traffic', row);
    if (created === undefined) return false;
    await copyTraffic(this.#stores, parseTraffic(created));
    return true;
  }

  /**
   * Changes who gets a model's traffic, by compare-and-swap.
   * @throws Failure `not-found` for a model without traffic, `unavailable`, where doing it again is safe
   */
  async changeTraffic(model: string, transition: Transition): Promise<TrafficChange> {
    return changeTraffic(this.#stores, model, transition);
  }

  async #list<T extends { number: number }>(
    schema: z.ZodType<T>,
    model: string,
    kind: string,
    limit: number,
    after: string | undefined,
  ): Promise<Page<T>> {
    const before = after === undefined ? undefined : Number(after);
    const found = await this.#documents.listDescending(model, kind, limit + 1, before);
    return page(
      found.map((value) => parseRow(schema, value)),
      limit,
      (row) => String(row.number),
    );
  }
}

function page<T>(found: T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: keyOf(last) } : { items };
}
