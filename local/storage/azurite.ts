import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { LOOPBACK } from '../listen.ts';

/** One database of Azurite, as far as it is used here. (Azurite and LokiJS ship no types.) */
export interface LokiDatabase {
  readonly collections: readonly LokiCollection[];
  persistenceAdapter: LokiAdapter;
  addCollection(name: string, options?: LokiCollectionOptions): LokiCollection;
  removeCollection(name: string): void;
  autosaveDisable(): void;
  saveDatabase(done: (error?: Error | null) => void): void;
}

export interface LokiCollection {
  readonly name: string;
  on(event: 'insert' | 'update' | 'delete', listener: (document: unknown) => void): void;
  ensureAllIndexes(force: boolean): void;
}

export interface LokiCollectionOptions {
  readonly indices?: readonly string[];
  readonly unique?: readonly string[];
}

export interface LokiAdapter {
  loadDatabase(path: string, done: (database: object | null) => void): void;
  saveDatabase(path: string, serialized: string, done: (error?: Error | null) => void): void;
}

export interface LokiStore {
  readonly lokiDBPath: string;
  readonly db: LokiDatabase;
  init(): Promise<void>;
}

export interface AzuriteServer {
  readonly metadataStore: LokiStore;
  /** Absent from the table service, which has no payloads. */
  readonly extentMetadataStore?: LokiStore;
  /** Deletes payloads that nothing refers to; absent from the table service. */
  readonly gcManager?: { markSweep(): Promise<void> };
  start(): Promise<void>;
  close(): Promise<void>;
  /** Scheme, host and port: the true port also where 0 was asked for. */
  getHttpServerAddress(): string;
}

type Class<T> = new (...parameters: readonly unknown[]) => T;

const KEEP_ALIVE_SECONDS = 60;
/** How many payload files are written at the same time. */
const CONCURRENT_PAYLOADS = 16;
const NO_ACCESS_LOG = [false, undefined] as const;
const NO_DEBUG_LOG = [false, undefined] as const;
const LOOSE = false;
/** Newer SDKs than this Azurite name versions of the API that it does not know. */
const SKIP_API_VERSION_CHECK = true;

/** Builds Azurite's three services, not yet started; nothing of this sends telemetry. */
export function createServices(
  folder: string,
  ports: Readonly<Record<'blob' | 'queue' | 'table', number>>,
): Record<'blob' | 'queue' | 'table', AzuriteServer> {
  const withPayloads = (service: 'blob' | 'queue', configuration: string): object =>
    new (load<object>(configuration))(
      LOOPBACK,
      ports[service],
      KEEP_ALIVE_SECONDS,
      join(folder, `${service}.json`),
      join(folder, `${service}-extents.json`),
      [{ locationId: 'Default', locationPath: join(folder, service), maxConcurrency: CONCURRENT_PAYLOADS }],
      ...NO_ACCESS_LOG,
      ...NO_DEBUG_LOG,
      LOOSE,
      SKIP_API_VERSION_CHECK,
    );
  const table = new (load<object>('table/TableConfiguration'))(
    LOOPBACK,
    ports.table,
    KEEP_ALIVE_SECONDS,
    join(folder, 'table.json'),
    false, // no debug log
    ...NO_ACCESS_LOG,
    undefined,
    LOOSE,
    SKIP_API_VERSION_CHECK,
  );
  return {
    blob: new (load<AzuriteServer>('blob/BlobServer'))(withPayloads('blob', 'blob/BlobConfiguration')),
    queue: new (load<AzuriteServer>('queue/QueueServer'))(withPayloads('queue', 'queue/QueueConfiguration')),
    table: new (load<AzuriteServer>('table/TableServer'))(table),
  };
}

const require = createRequire(import.meta.url);

function load<T>(module: string): Class<T> {
  const exported: unknown = require(`azurite/dist/src/${module}.js`);
  return z.object({ default: z.custom<Class<T>>((value) => typeof value === 'function') }).parse(exported)
    .default;
}
