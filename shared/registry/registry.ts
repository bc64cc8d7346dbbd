import type { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Blobs, Documents, Stored } from './ports.ts';
import {
  type DatasetRow,
  datasetRowSchema,
  type TrafficRow,
  trafficRowSchema,
  type VersionRow,
  versionRowSchema,
} from './rows.ts';

export interface Traffic {
  readonly row: TrafficRow;
  readonly etag: string;
}

/** A page of a list: `next`, where present, is the `after` of the following page. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

/** The model registry: versions, data sets and the traffic row, each parsed as it leaves Cosmos. */
export class Registry {
  readonly #documents: Documents;
  readonly #models: Blobs;

  constructor(documents: Documents, models: Blobs) {
    this.#documents = documents;
    this.#models = models;
  }

  async version(model: string, version: string): Promise<VersionRow | undefined> {
    const found = await this.#documents.read(model, `version:${version}`);
    return found && parseRow(versionRowSchema, found.value);
  }

  /** Versions of a model, newest first; `after` is a version. */
  async versions(model: string, limit: number, after?: string): Promise<Page<VersionRow>> {
    return this.#list(versionRowSchema, model, 'version', limit, after);
  }

  /** Data set versions of a model, newest first. */
  async datasets(model: string, limit: number, after?: string): Promise<Page<DatasetRow>> {
    return this.#list(datasetRowSchema, model, 'dataset', limit, after);
  }

  /** Adds the row of a version whose files are in Blob already. @returns false where the number is taken. */
  async addVersion(row: VersionRow): Promise<boolean> {
    return (await this.#documents.create(row.model, `version:${row.version}`, row)) !== undefined;
  }

  async addDataset(row: DatasetRow): Promise<boolean> {
    return (await this.#documents.create(row.model, `dataset:${row.version}`, row)) !== undefined;
  }

  /** Who gets traffic; undefined for a model that no version was ever registered of. */
  async traffic(model: string): Promise<Traffic | undefined> {
    const found = await this.#documents.read(model, 'traffic');
    return found && toTraffic(found);
  }

  /** The traffic rows of all models, in the order of their names; `after` is a model. */
  async allTraffic(limit: number, after?: string): Promise<Page<Traffic>> {
    const found = await this.#documents.acrossModels('traffic', limit + 1, after);
    return page(found.map(toTraffic), limit, ({ row }) => row.model);
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
      changedAt: at.toISOString(),
      changedBy: by,
    };
    if ((await this.#documents.create(model, 'traffic', row)) === undefined) return false;
    // The copy from which the registry is rebuilt when Cosmos is lost.
    await this.#models.write(`${model}/traffic.json`, Buffer.from(JSON.stringify(row, undefined, 2)));
    return true;
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

function toTraffic(found: Stored): Traffic {
  return { row: parseRow(trafficRowSchema, found.value), etag: found.etag };
}

/** A row that does not parse was written by something else, or by a newer release: it is never guessed at. */
function parseRow<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure('unavailable', 'A registry row is not in the form that this release knows', {
    cause: parsed.error,
  });
}
