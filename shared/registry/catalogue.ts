import { Failure } from '../failure.ts';
import type { Page, Registry, Traffic } from './registry.ts';
import { isModelName, versionSchema } from './rows.ts';
import {
  type DatasetView,
  datasetView,
  type ModelView,
  modelView,
  type VersionView,
  versionView,
} from './views.ts';

/** What the read routes show of the registry. All throw a `Failure` of kind `not-found` for what does not exist. */
export class Catalogue {
  readonly #registry: Registry;
  readonly #defaultModel: string;

  constructor(registry: Registry, defaultModel: string) {
    this.#registry = registry;
    this.#defaultModel = defaultModel;
  }

  async models(limit: number, after?: string): Promise<Page<ModelView>> {
    const page = await this.#registry.allTraffic(limit, after);
    return { ...page, items: page.items.map(({ row }) => modelView(row, this.#defaultModel)) };
  }

  async model(model: string): Promise<ModelView> {
    return modelView((await this.traffic(model)).row, this.#defaultModel);
  }

  async traffic(model: string): Promise<Traffic> {
    const traffic = isModelName(model) ? await this.#registry.traffic(model) : undefined;
    if (traffic === undefined) throw new Failure('not-found', 'There is no model of that name');
    return traffic;
  }

  async versions(model: string, limit: number, after?: string): Promise<Page<VersionView>> {
    const [traffic, page] = await Promise.all([
      this.traffic(model),
      this.#registry.versions(model, limit, after),
    ]);
    return { ...page, items: page.items.map((row) => versionView(row, traffic.row)) };
  }

  async version(model: string, version: string): Promise<VersionView> {
    const traffic = await this.traffic(model);
    const row = versionSchema.safeParse(version).success
      ? await this.#registry.version(model, version)
      : undefined;
    if (row === undefined) throw new Failure('not-found', `There is no such version of '${model}'`);
    return versionView(row, traffic.row);
  }

  /** Data set versions of a model, newest first; a model may have some before it has its first version. */
  async datasets(model: string, limit: number, after?: string): Promise<Page<DatasetView>> {
    const page = isModelName(model) ? await this.#registry.datasets(model, limit, after) : { items: [] };
    if (page.items.length === 0) await this.traffic(model);
    return { ...page, items: page.items.map(datasetView) };
  }

  async dataset(model: string, version: string): Promise<DatasetView> {
    const known = isModelName(model) && versionSchema.safeParse(version).success;
    const row = known ? await this.#registry.dataset(model, version) : undefined;
    if (row !== undefined) return datasetView(row);
    await this.traffic(model);
    throw new Failure('not-found', `There is no such data set version of '${model}'`);
  }
}
