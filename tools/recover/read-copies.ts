import { messageOf } from '../../shared/failure.ts';
import { kindOfPath, type RecordKind, recordsOfCopy, type RegistryRecord } from './records.ts';
import { CONTAINERS, type ContainerName, type RecoverStores } from './stores.ts';

/** What Blob has of the registry. */
export interface Copies {
  /** By `keyOf`. */
  readonly records: ReadonlyMap<string, RegistryRecord>;
  /** Sizes in bytes of all blobs, by container and path. */
  readonly sizes: Readonly<Record<ContainerName, ReadonlyMap<string, number>>>;
  /** Copies that cannot be read. */
  readonly problems: readonly string[];
}

/** Names a document among those of all models. */
export function keyOf({ model, id }: Pick<RegistryRecord, 'model' | 'id'>): string {
  return `${model}/${id}`;
}

/** Lists the containers and reads every copy. @throws Failure `unavailable` */
export async function readCopies({ containers }: RecoverStores): Promise<Copies> {
  const sizes = { models: new Map<string, number>(), datasets: new Map(), reports: new Map() };
  const records = new Map<string, RegistryRecord>();
  const problems: string[] = [];
  for (const name of CONTAINERS) {
    for await (const { path, bytes } of containers[name].pieces.listSizes('')) {
      sizes[name].set(path, bytes);
      const kind = kindOfPath(name, path);
      if (kind === undefined) continue;
      // In sequence: as many reads at once as there are copies would be too many
      const found = await readCopy({ containers }, name, path, kind);
      if (typeof found === 'string') problems.push(found);
      else for (const record of found) records.set(keyOf(record), record);
    }
  }
  return { records, sizes, problems };
}

async function readCopy(
  { containers }: Pick<RecoverStores, 'containers'>,
  container: ContainerName,
  path: string,
  kind: RecordKind,
): Promise<RegistryRecord[] | string> {
  const bytes = await containers[container].blobs.read(path);
  if (bytes === undefined) return [];
  try {
    const records = recordsOfCopy(kind, JSON.parse(Buffer.from(bytes).toString('utf8')));
    const strange = records.find(({ copy }) => copy !== undefined && copy.path !== path);
    return strange === undefined ? records : `${container}/${path} is the copy of ${strange.copy?.path}`;
  } catch (error) {
    return `${container}/${path} cannot be read: ${messageOf(error)}`;
  }
}
