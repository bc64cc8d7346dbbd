import { existsSync, readFileSync } from 'node:fs';
import { callbackify } from 'node:util';
import { replaceFile } from '../atomic-file.ts';
import { Journal, readJournal } from '../journal.ts';
import type { LokiCollection, LokiDatabase, LokiStore } from './azurite.ts';
import { applyChanges, ChangeDescriber, type LokiDocument } from './loki-changes.ts';

/**
 * Makes a metadata store of Azurite durable; to be called before its service starts. By itself Azurite keeps its
 * metadata in memory and saves all of it every 5 s: a kill loses what was acknowledged since, and saving costs more
 * the more is stored. Here every change is in a journal before the request that made it is answered, and the whole is
 * saved only when the journal has become long, and at the end.
 * @param longJournal bytes: a longer one (and longer than half of the last snapshot) is folded into a new snapshot
 */
export function makeDurable(store: LokiStore, longJournal: number): void {
  const { lokiDBPath: path, db } = store;
  db.autosaveDisable();
  const initialize = store.init.bind(store);
  store.init = async () => {
    const changes = readJournal(path).flat();
    const journal = new Journal(path);
    let snapshotLength = 0;
    db.persistenceAdapter = {
      loadDatabase(_path, done) {
        done(readSnapshot(path, changes));
      },
      saveDatabase(_path, serialized, done) {
        // LokiJS serialized the database in this very stretch, so the new journal file begins where it ends.
        const forgetEarlier = journal.rotate();
        const save = async (): Promise<void> => {
          await replaceFile(path, serialized);
          forgetEarlier();
          snapshotLength = serialized.length;
        };
        callbackify(save)(done);
      },
    };
    if (changes.length > 0 && !existsSync(path)) throw new Error(`${path} is missing, its journal is there`);
    await initialize();
    // Also where there was nothing to apply: Azurite saves what it has loaded while it starts, so a snapshot may have been
    // taken before the indices were built.
    for (const collection of db.collections) collection.ensureAllIndexes(true);
    recordChanges(db, journal, () => Math.max(longJournal, snapshotLength / 2));
  };
}

function readSnapshot(path: string, changes: readonly unknown[]): object {
  const snapshot: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (changes.length > 0) return applyChanges(snapshot, changes);
  if (typeof snapshot === 'object' && snapshot !== null) return snapshot;
  throw new Error(`${path} is not a database`);
}

function recordChanges(db: LokiDatabase, journal: Journal, limit: () => number): void {
  const describe = new ChangeDescriber();
  let saving = false;
  const saveWhenLong = (): void => {
    if (saving || journal.size < limit()) return;
    saving = true;
    db.saveDatabase((error) => {
      saving = false;
      if (error) throw error;
    });
  };
  const listen = (collection: LokiCollection): void => {
    const put = (stored: unknown): void => {
      for (const one of Array.isArray(stored) ? stored : [stored]) {
        journal.append(describe.put(collection.name, asDocument(one)));
      }
      saveWhenLong();
    };
    collection.on('insert', put);
    collection.on('update', put);
    // LokiJS tells of a batch of removals only those collections that have a listener besides its own.
    collection.on('delete', (stored) => journal.append(describe.remove(collection.name, asDocument(stored))));
  };
  db.collections.forEach(listen);

  const addCollection = db.addCollection.bind(db);
  db.addCollection = (name, options = {}) => {
    const existing = db.collections.find((one) => one.name === name);
    const collection = addCollection(name, options);
    if (existing === collection) return collection;
    journal.append({ is: 'create', in: name, indices: options.indices ?? [], unique: options.unique ?? [] });
    listen(collection);
    return collection;
  };
  const removeCollection = db.removeCollection.bind(db);
  db.removeCollection = (name) => {
    removeCollection(name);
    journal.append({ is: 'drop', in: name });
  };
}

function asDocument(stored: unknown): LokiDocument {
  if (isDocument(stored)) return stored;
  throw new Error('Azurite stored something that is no LokiJS document');
}

// Not parsed with the schema: that would copy, and the list of blocks is recognised by its identity.
function isDocument(stored: unknown): stored is LokiDocument {
  return (
    typeof stored === 'object' && stored !== null && '$loki' in stored && typeof stored.$loki === 'number'
  );
}
