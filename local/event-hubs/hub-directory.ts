import type { Hub } from './hub.ts';
import type { PartitionLog } from './partition-log.ts';
import { ReaderPlaces } from './reader-places.ts';
import type { ConsumerLink } from './consumer-link.ts';

/** The broker's hubs, and who reads their partitions. */
export class HubDirectory {
  readonly #hubs: ReadonlyMap<string, Hub>;
  readonly #places = new Map<string, ReaderPlaces<ConsumerLink>>();

  constructor(hubs: readonly Hub[]) {
    this.#hubs = new Map(hubs.map((hub) => [hub.name.toLowerCase(), hub]));
  }

  get all(): readonly Hub[] {
    return [...this.#hubs.values()];
  }

  /** Finds a hub; its name is compared without regard to case. */
  hub(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase());
  }

  /** The log and the readers of a partition in a consumer group; undefined where one of the three is unknown. */
  consumers(
    hubName: string,
    group: string,
    partition: string,
  ): { readonly log: PartitionLog; readonly places: ReaderPlaces<ConsumerLink> } | undefined {
    const hub = this.hub(hubName);
    const log = hub?.log(partition);
    if (hub === undefined || log === undefined || !hub.hasGroup(group)) return undefined;
    const key = [hub.name, group, String(hub.logs.indexOf(log))].join('/').toLowerCase();
    let places = this.#places.get(key);
    if (places === undefined) {
      places = new ReaderPlaces();
      this.#places.set(key, places);
    }
    return { log, places };
  }
}
