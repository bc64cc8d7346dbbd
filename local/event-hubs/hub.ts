import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../atomic-file.ts';
import { openLog } from './open-log.ts';
import { partitionOfKey } from './partition-key.ts';
import type { LogLimits, PartitionLog } from './partition-log.ts';

/** A hub as it is configured. */
export interface HubSettings {
  readonly name: string;
  readonly partitions: number;
  /** Besides `$Default`. */
  readonly consumerGroups: readonly string[];
}

export const DEFAULT_GROUP = '$Default';

/** A hub's name becomes a folder's. The rules are those of Event Hubs. */
const HUB_NAME = /^[a-z0-9](?:[\w.-]{0,254}[a-z0-9])?$/i;
const MAX_PARTITIONS = 32;

/**
 * Reads `name:partitions` or `name:partitions:group,group`.
 * @throws RangeError that says what is wrong
 */
export function parseHubSettings(text: string): HubSettings {
  const [name = '', count = '', groups = '', ...more] = text.split(':');
  const partitions = Number(count);
  if (!HUB_NAME.test(name) || more.length > 0)
    throw new RangeError(`'${text}' is not name:partitions[:group,…]`);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    throw new RangeError(`'${text}' must have 1 to ${String(MAX_PARTITIONS)} partitions`);
  }
  return { name, partitions, consumerGroups: groups.split(',').filter((group) => group !== '') };
}

/** An Event Hub: its partitions' logs and who may read them. */
export class Hub {
  readonly name: string;
  readonly createdAt: Date;
  /** By their ids, which are the numbers from 0. */
  readonly logs: readonly PartitionLog[];
  readonly #groups: ReadonlySet<string>;
  #turn = 0;

  /** Use {@link openHub}. */
  constructor(settings: HubSettings, createdAt: Date, logs: readonly PartitionLog[]) {
    this.name = settings.name;
    this.createdAt = createdAt;
    this.logs = logs;
    this.#groups = new Set([DEFAULT_GROUP, ...settings.consumerGroups].map((group) => group.toLowerCase()));
  }

  get partitionIds(): readonly string[] {
    return this.logs.map((_, index) => String(index));
  }

  /** Names of consumer groups are compared without regard to case, like those of hubs. */
  hasGroup(name: string): boolean {
    return this.#groups.has(name.toLowerCase());
  }

  log(partitionId: string): PartitionLog | undefined {
    return /^(0|[1-9]\d{0,3})$/.test(partitionId) ? this.logs[Number(partitionId)] : undefined;
  }

  /** The partition for events that name none: by their key, or each in turn. */
  route(partitionKey: string | undefined): PartitionLog | undefined {
    if (partitionKey !== undefined) return this.logs[partitionOfKey(partitionKey, this.logs.length)];
    this.#turn = (this.#turn + 1) % this.logs.length;
    return this.logs[this.#turn];
  }

  async applyRetention(): Promise<void> {
    for (const log of this.logs) await log.applyRetention();
  }

  /** Flushes what waits. */
  async close(): Promise<void> {
    await Promise.all(this.logs.map((log) => log.close()));
  }
}

const Birth = z.object({ createdAt: z.iso.datetime() });

/**
 * Opens a hub, or creates it: a hub whose folder was removed is a new one, whose numbers start at 0.
 * @param folder of all hubs
 */
export async function openHub(
  folder: string,
  settings: HubSettings,
  limits: LogLimits,
  now: () => number,
): Promise<Hub> {
  const own = join(folder, settings.name.toLowerCase());
  await mkdir(own, { recursive: true });
  const createdAt = await birthOf(join(own, 'hub.json'), now);
  const logs: PartitionLog[] = [];
  for (let id = 0; id < settings.partitions; id += 1)
    logs.push(await openLog(join(own, String(id)), limits, now));
  return new Hub(settings, createdAt, logs);
}

async function birthOf(path: string, now: () => number): Promise<Date> {
  const text = await readOrAbsent(path);
  if (text !== undefined) return new Date(Birth.parse(JSON.parse(text)).createdAt);
  const createdAt = new Date(now());
  await replaceFile(path, JSON.stringify({ createdAt: createdAt.toISOString() }));
  return createdAt;
}

async function readOrAbsent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
