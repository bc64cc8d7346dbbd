/** Blob containers of the app's storage account. */
export const BLOB_CONTAINERS = ['models', 'datasets'] as const;

/** Containers of the Cosmos database, with their partition keys. */
export const COSMOS_CONTAINERS = [{ id: 'registry', partitionKey: '/model' }] as const;

/** The Cosmos database. */
export const DATABASE = 'tollgate';
