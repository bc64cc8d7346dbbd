import { PREDICTIONS_HUB } from '../events/log-layout.ts';

/** Blob containers of the app's storage account. */
export const BLOB_CONTAINERS = [
  'models',
  'datasets',
  'predictions',
  'predictions-spill',
  'dead-letter',
] as const;

export type BlobContainer = (typeof BLOB_CONTAINERS)[number];

/** Containers of the Cosmos database, with their partition keys. */
export const COSMOS_CONTAINERS = [{ id: 'registry', partitionKey: '/model' }] as const;

/** The Cosmos database. */
export const DATABASE = 'tollgate';

/** Event hubs of the app's namespace. How many partitions a hub has can't be changed later. */
export const EVENT_HUBS = [{ name: PREDICTIONS_HUB, partitions: 4 }] as const;
