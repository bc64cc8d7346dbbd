import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './atomic-file.ts';
import { LOOPBACK } from './listen.ts';

/** Where a running stack's services are. */
export interface Addresses {
  /** Base URL of the app; absent where only services run. */
  readonly http?: string;
  /** Connection string for Blob, Queue and Table. */
  readonly storage: string;
  /** Connection string. */
  readonly cosmos: string;
  /** Connection string of the namespace; absent where no hub was asked for. */
  readonly eventHubs?: string;
}

/** Process ids. */
export interface Processes {
  readonly supervisor: number;
  /** In the order of their numbers. */
  readonly host?: readonly number[];
  readonly storage?: number;
  readonly cosmos?: number;
  readonly eventHubs?: number;
}

/** The content of `endpoints.json`. */
export interface Endpoints extends Addresses {
  readonly processes: Processes;
}

export interface StoragePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

/** The account and key that every installation of Azure's storage emulators has; no secret. */
const STORAGE_ACCOUNT = 'devstoreaccount1';
const STORAGE_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** The key of every Cosmos DB emulator. */
const COSMOS_KEY = 'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==';

export function storageConnection({ blob, queue, table }: StoragePorts): string {
  const at = (port: number): string => `${httpUrl(port)}/${STORAGE_ACCOUNT}`;
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${STORAGE_ACCOUNT}`,
    `AccountKey=${STORAGE_KEY}`,
    `BlobEndpoint=${at(blob)}`,
    `QueueEndpoint=${at(queue)}`,
    `TableEndpoint=${at(table)}`,
    '',
  ].join(';');
}

export function cosmosConnection(port: number): string {
  return `AccountEndpoint=${httpUrl(port)}/;AccountKey=${COSMOS_KEY};`;
}

export function httpUrl(port: number): string {
  return `http://${LOOPBACK}:${String(port)}`;
}

export async function writeEndpoints(home: string, endpoints: Endpoints): Promise<void> {
  await replaceFile(endpointsPath(home), `${JSON.stringify(endpoints, undefined, 2)}\n`);
}

export async function removeEndpoints(home: string): Promise<void> {
  await rm(endpointsPath(home), { force: true });
}

function endpointsPath(home: string): string {
  return join(home, 'endpoints.json');
}
