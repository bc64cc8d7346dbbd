import { blobsOf, openBlobService } from '../../shared/azure/blob.ts';
import { documentsOf, openCosmos } from '../../shared/azure/cosmos.ts';
import { logBlobsOf } from '../../shared/azure/log-blobs.ts';
import type { Settings } from '../../shared/config.ts';
import type { ReadableBlobs, SizedBlobs } from '../../shared/events/ports.ts';
import type { Blobs, Documents } from '../../shared/registry/ports.ts';

/** Containers that hold what the registry is rebuilt from. */
export const CONTAINERS = ['models', 'datasets', 'reports'] as const;
export type ContainerName = (typeof CONTAINERS)[number];

/** A container that can be listed, and whose larger blobs can be read in pieces. */
export interface Container {
  readonly blobs: Blobs;
  readonly pieces: Pick<ReadableBlobs, 'read'> & SizedBlobs;
}

export interface RecoverStores {
  /** Documents of the container `registry`. */
  readonly documents: Documents;
  readonly containers: Readonly<Record<ContainerName, Container>>;
}

const BOUND_MS = 30_000;

/** Opens what a recovery needs of the services that `settings` name. Event Hubs is not among it. */
export async function openStores({ storage, cosmos }: Settings): Promise<RecoverStores> {
  const [service, database] = await Promise.all([openBlobService(storage), openCosmos(cosmos)]);
  const container = (name: ContainerName): Container => ({
    blobs: blobsOf(service, name),
    pieces: logBlobsOf(service, name, BOUND_MS),
  });
  return {
    documents: documentsOf(database, 'registry'),
    containers: {
      models: container('models'),
      datasets: container('datasets'),
      reports: container('reports'),
    },
  };
}
