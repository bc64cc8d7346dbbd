import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './hub-schema.ts';
import { integer } from './sql-values.ts';

/** How long transactions of other processes are waited for, in milliseconds; they take well under one. */
const BUSY_BOUND = 10_000;
/**
 * Between two tries, in milliseconds. SQLite's own waiting goes up to 100: several hosts under load then keep one out for
 * most of a second, and all of its process with it.
 */
const BUSY_PAUSE = 0.2;
const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;
/** Pages of 4 KiB after which the log is written back into the file, which waits for the disk: seldom, but not much. */
const CHECKPOINT_PAGES = 4_000;

/**
 * One connection to the file of a task hub. The file is in WAL mode with `synchronous=NORMAL`: a transaction is with
 * the operating system when it returns, so that the death of any process loses nothing. When the machine itself dies
 * (power, kernel), the transactions since the last checkpoint may be gone, the newest first; the file stays sound.
 */
export class HubDatabase {
  readonly #connection: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #dataVersion: StatementSync;
  readonly #undoCache: (() => void)[] = [];
  #writing = false;
  #failure: { readonly error: unknown } | undefined;

  /**
   * Opens a hub's file, and makes it where there is none.
   * @throws Error where the file is something else, or of another version of this program
   */
  constructor(file: string) {
    this.#connection = new DatabaseSync(file, { timeout: BUSY_BOUND });
    try {
      prepareFile(this.#connection, file);
      this.#begin = this.prepare('BEGIN IMMEDIATE');
      this.#commit = this.prepare('COMMIT');
      this.#rollback = this.prepare('ROLLBACK');
      this.#dataVersion = this.prepare('PRAGMA data_version');
      this.#connection.exec('PRAGMA busy_timeout=0');
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql);
  }

  /** Runs the work as one transaction, or as a part of the one that runs: an error undoes all of it. */
  write<T>(work: () => T): T {
    if (this.#writing) return this.#part(work);
    patiently(() => this.#begin.run());
    this.#writing = true;
    this.#failure = undefined;
    try {
      const result = work();
      this.#throwFailure();
      this.#commit.run();
      return result;
    } catch (error) {
      // Some errors (a full disk) have already ended the transaction.
      if (this.#connection.isTransaction) this.#rollback.run();
      for (const undo of this.#undoCache) undo();
      throw error;
    } finally {
      this.#writing = false;
    }
  }

  /** Runs a query outside of a transaction. @param query may be run several times */
  read<T>(query: () => T): T {
    return patiently(query);
  }

  /** Has something called whenever a transaction was undone, for memories of what is in the file. */
  onRollback(undo: () => void): void {
    this.#undoCache.push(undo);
  }

  /** Changes when another connection, of this process or another one, has changed something. */
  dataVersion(): number {
    return integer(this.read(() => this.#dataVersion.get())?.['data_version']);
  }

  close(): void {
    this.#connection.close();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** A part that failed must not be committed by a caller that caught its error. */
  #part<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }
}

function prepareFile(connection: DatabaseSync, file: string): void {
  try {
    if (isNew(connection, file)) createTables(connection, file);
    connection.exec(`PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
  } catch (error) {
    if (errorCode(error) !== SQLITE_NOTADB) throw error;
    throw new Error(`${file} is not a task hub: it is no SQLite file`, { cause: error });
  }
}

/** @throws Error where the file is neither empty nor a hub of this version */
function isNew(connection: DatabaseSync, file: string): boolean {
  const application = pragma(connection, 'application_id');
  const version = pragma(connection, 'user_version');
  if (application === APPLICATION_ID && version === SCHEMA_VERSION) return false;
  if (application === APPLICATION_ID) {
    throw new Error(
      `The task hub ${file} has version ${version} of its tables, and this program works with version ` +
        `${SCHEMA_VERSION}. Use the program that wrote it, or start with an empty folder.`,
    );
  }
  const tables = integer(connection.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  if (tables > 0) throw new Error(`${file} is not a task hub: it is another program's`);
  return true;
}

function createTables(connection: DatabaseSync, file: string): void {
  // While several processes do this to a new file, SQLite refuses some of them without waiting.
  patiently(() => connection.exec('PRAGMA journal_mode=WAL'));
  connection.exec('BEGIN IMMEDIATE');
  // Another process may have been faster.
  if (isNew(connection, file)) {
    connection.exec(SCHEMA);
    connection.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${SCHEMA_VERSION}`);
  }
  connection.exec('COMMIT');
}

function pragma(connection: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return integer(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** The primary code of an error of SQLite's. */
function errorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Tries again while another process is in the way. */
function patiently<T>(work: () => T): T {
  let giveUp: number | undefined;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (errorCode(error) !== SQLITE_BUSY) throw error;
      giveUp ??= Date.now() + BUSY_BOUND;
      if (Date.now() >= giveUp) throw error;
      Atomics.wait(pause, 0, 0, BUSY_PAUSE);
    }
  }
}
