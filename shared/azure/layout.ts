import { LABELS_HUB, PREDICTIONS_HUB } from '../events/log-layout.ts';

/** Blob containers of the app's storage account. */
export const BLOB_CONTAINERS = [
  'models',
  'datasets',
  'predictions',
  'shadows',
  'predictions-spill',
  'labels',
  'labels-spill',
  'dead-letter',
  'histograms',
  'reports',
] as const;

export type BlobContainer = (typeof BLOB_CONTAINERS)[number];

export interface CosmosContainer {
  readonly id: string;
  readonly partitionKey: string;
  /** How long a document lives after its last change, in seconds; without an end where it is absent. */
  readonly defaultTtl?: number;
  /** The only members that are indexed; all of them where it is absent. */
  readonly indexed?: readonly string[];
}

const DAY_SECONDS = 86_400;

/** Containers of the Cosmos database. */
export const COSMOS_CONTAINERS: readonly CosmosContainer[] = [
  { id: 'registry', partitionKey: '/model' },
  { id: 'lineage', partitionKey: '/model' },
  {
    id: 'rollups',
    partitionKey: '/shard',
    defaultTtl: 14 * DAY_SECONDS,
    // An index of the histograms would cost more than all the rest.
    indexed: ['/model', '/promotionId', '/minute'],
  },
];

/** The Cosmos database. */
export const DATABASE = 'tollgate';

/** Event hubs of the app's namespace. How many partitions a hub has can't be changed later. */
export const EVENT_HUBS = [
  { name: PREDICTIONS_HUB, partitions: 4 },
  { name: LABELS_HUB, partitions: 2 },
] as const;
