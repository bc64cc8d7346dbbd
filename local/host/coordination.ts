import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { findSetting } from './app-settings.ts';
import { BlobSingletons } from './blob-singleton.ts';
import { BlobTimerStatuses } from './blob-timer-status.ts';
import { FolderSingletons, type Singletons } from './singleton.ts';
import { FolderTimerStatuses, type TimerStatuses } from './timer-status.ts';

/** What the hosts of an app have in common. */
export interface Coordination {
  readonly singletons: Singletons;
  readonly timerStatuses: TimerStatuses;
}

/** Azure's container for it. */
const CONTAINER = 'azure-webjobs-hosts';
const ID_LENGTH = 32;

/**
 * What tells the app's hosts from those of other apps in the same storage account; `AzureFunctionsWebHost__hostid`
 * decides, as on Azure. Otherwise it is made of the app's folder.
 * @returns at most 32 small letters, digits and dashes
 */
export function hostIdOf(appDirectory: string, environment: NodeJS.ProcessEnv): string {
  const setting = findSetting('AzureFunctionsWebHost__hostid', environment)?.toLowerCase();
  if (setting !== undefined && /^(?=.{1,32}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(setting)) return setting;
  if (setting !== undefined) {
    throw new Error(
      `AzureFunctionsWebHost__hostid must be 1 to 32 letters, digits and single dashes, not '${setting}'.`,
    );
  }
  const hash = createHash('sha256').update(appDirectory).digest('hex').slice(0, 12);
  const name = basename(appDirectory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, ID_LENGTH - hash.length - 1)
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? hash : `${name}-${hash}`;
}

/**
 * Finds the place where hosts meet: the storage account of the setting AzureWebJobsStorage, without one the state
 * folder.
 * @throws Error when the setting is not a connection string
 */
export async function openCoordination(
  environment: NodeJS.ProcessEnv,
  appDirectory: string,
  stateDirectory: string,
): Promise<Coordination> {
  const connection = findSetting('AzureWebJobsStorage', environment) ?? '';
  if (connection === '') {
    return {
      singletons: new FolderSingletons(stateDirectory),
      timerStatuses: new FolderTimerStatuses(stateDirectory),
    };
  }
  const hostId = hostIdOf(appDirectory, environment);
  // Not every app needs it, and it takes its time to load.
  const { BlobServiceClient } = await import('@azure/storage-blob');
  let service;
  try {
    // Those who ask have an end of their patience and ask again themselves.
    service = BlobServiceClient.fromConnectionString(connection, { retryOptions: { maxTries: 1 } });
  } catch (error) {
    throw new Error(`AzureWebJobsStorage is not a storage connection string: ${String(error)}`, {
      cause: error,
    });
  }
  const container = service.getContainerClient(CONTAINER);
  return {
    singletons: new BlobSingletons(container, hostId, Date.now),
    timerStatuses: new BlobTimerStatuses(container, hostId),
  };
}
