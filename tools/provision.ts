import { BlobServiceClient } from '@azure/storage-blob';
import { type ContainerRequest, CosmosClient } from '@azure/cosmos';
import {
  BLOB_CONTAINERS,
  COSMOS_CONTAINERS,
  type CosmosContainer,
  DATABASE,
} from '../shared/azure/layout.ts';

/**
 * Makes the containers that the app expects to find, where they are missing. In Azure the deployment does this: the
 * app's own identity may not.
 */
export async function provision(connections: { storage: string; cosmos: string }): Promise<void> {
  const blobs = BlobServiceClient.fromConnectionString(connections.storage);
  const cosmos = new CosmosClient({
    connectionString: connections.cosmos,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await cosmos.databases.createIfNotExists({ id: DATABASE });
  await Promise.all([
    ...BLOB_CONTAINERS.map((name) => blobs.getContainerClient(name).createIfNotExists()),
    ...COSMOS_CONTAINERS.map((container) => database.containers.createIfNotExists(requestOf(container))),
  ]);
  cosmos.dispose();
}

function requestOf({ id, partitionKey, defaultTtl, indexed }: CosmosContainer): ContainerRequest {
  return {
    id,
    partitionKey: { paths: [partitionKey] },
    ...(defaultTtl === undefined ? {} : { defaultTtl }),
    ...(indexed === undefined
      ? {}
      : {
          indexingPolicy: {
            includedPaths: indexed.map((path) => ({ path: `${path}/?` })),
            excludedPaths: [{ path: '/*' }],
          },
        }),
  };
}
