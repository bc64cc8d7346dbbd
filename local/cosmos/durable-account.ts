import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from '../atomic-file.ts';
import { Journal, readJournal } from '../journal.ts';
import { type Account, EmulatedItems, type Row } from './emulator.ts';

const LINES_PER_WRITE = 1_000;

const row = z.looseObject({
  id: z.string(),
  _rid: z.string(),
  _self: z.string(),
  _etag: z.string(),
  _ts: z.number(),
});

const put = z.object({ put: row, count: z.number() });
const change = z.union([put, z.object({ remove: z.string() })]);

type Put = z.infer<typeof put>;
type Change = z.infer<typeof change>;

/** Databases, containers and documents by their `_self`, parents before their children. */
type Contents = Map<string, Put>;

/**
 * Which of an account's things a `_self` is. Others (partition key ranges) are made anew by the emulator. Resource ids
 * are base64 of 4, 8 and 16 bytes, so they may contain a slash.
 */
const SELF = /^\/dbs\/(?<database>.{8})(?:\/colls\/(?<container>.{12})(?:\/docs\/(?<document>.{24})\/?)?)?$/;

/**
 * Keeps an emulated account, which lives in memory, on disk: a snapshot, and a journal of what changed since. A change
 * is in the journal before the request that made it is answered.
 */
export class DurableAccount {
  readonly #path: string;
  readonly #account: Account;
  readonly #journal: Journal;
  readonly #longJournal: number;
  #snapshotLength = 0;
  #saving: Promise<void> | undefined;

  private constructor(path: string, account: Account, longJournal: number) {
    this.#path = path;
    this.#account = account;
    this.#journal = new Journal(path);
    this.#longJournal = longJournal;
  }

  /**
   * Fills the (empty) account with what is stored, and from then on records what happens to it.
   * @param longJournal bytes: a longer one (and longer than the last snapshot) should be folded into a new snapshot
   */
  static async open(path: string, account: Account, longJournal: number): Promise<DurableAccount> {
    const groups = readJournal(path);
    fill(account, applyGroups(readSnapshot(path), groups));
    const durable = new DurableAccount(path, account, longJournal);
    recordChanges((one) => durable.#journal.append(one));
    if (groups.length > 0) await durable.save();
    return durable;
  }

  /** Whether it is time to save. */
  get hasLongJournal(): boolean {
    return this.#journal.size > Math.max(this.#longJournal, this.#snapshotLength);
  }

  /** Writes a snapshot and forgets the journal up to here. A save that is under way is waited for instead. */
  async save(): Promise<void> {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  /** Saves what the last snapshot has not, and ends. */
  async close(): Promise<void> {
    await this.#saving;
    if (this.#journal.size > 0) await this.save();
    this.#journal.close();
  }

  async #save(): Promise<void> {
    const forgetEarlier = this.#journal.rotate();
    const contents = contentsOf(this.#account);
    let length = 0;
    const lines = function* (): Generator<string> {
      for (let start = 0; start < contents.length; start += LINES_PER_WRITE) {
        const part = contents.slice(start, start + LINES_PER_WRITE);
        const text = part.map((one) => `${JSON.stringify(one)}\n`).join('');
        length += text.length;
        yield text;
      }
    };
    await replaceFile(this.#path, lines());
    forgetEarlier();
    this.#snapshotLength = length;
  }
}

/** Everything in the account. Rows are never changed in place, so the list stays true to this moment. */
function contentsOf(account: Account): Put[] {
  const contents: Put[] = [];
  const add = (found: Row | undefined, count: number): void => {
    if (found !== undefined) contents.push({ put: found, count });
  };
  const { databases } = account;
  for (const database of databases._data.values()) {
    add(database.read(), databases._ridCount);
    for (const container of database.collections._data.values()) {
      add(container.read(), database.collections._ridCount);
      const { documents } = container;
      for (const document of documents._data.values()) add(document.read(), documents._ridCount);
    }
  }
  return contents;
}

function readSnapshot(path: string): Contents {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return new Map(
    lines.map((line) => {
      const one = put.parse(JSON.parse(line));
      return [one.put._self, one];
    }),
  );
}

/** @param groups lines of the journal, oldest first; applying one twice does no harm if all after it follow */
function applyGroups(contents: Contents, groups: readonly unknown[][]): Contents {
  for (const group of groups) {
    // The emulator replaces by removing first. Only the last word about a thing counts: to remove a container would
    // remove its documents.
    const last = new Map<string, Change>();
    for (const each of group) {
      const one = change.parse(each);
      last.set('put' in one ? one.put._self : one.remove, one);
    }
    for (const [self, one] of last) {
      if ('put' in one) putLast(contents, self, one);
      else remove(contents, self);
    }
  }
  return contents;
}

function putLast(contents: Contents, self: string, one: Put): void {
  contents.delete(self);
  contents.set(self, one);
}

function remove(contents: Contents, self: string): void {
  contents.delete(self);
  if (SELF.exec(self)?.groups?.['document'] !== undefined) return;
  for (const key of contents.keys()) if (key.startsWith(`${self}/`)) contents.delete(key);
}

function fill(account: Account, contents: Contents): void {
  const parts = [...contents.values()].map((one) => ({
    ...one,
    place: SELF.exec(one.put._self)?.groups ?? {},
  }));
  for (const { put: stored, count, place } of parts) {
    if (place['container'] === undefined) restore(account.databases, stored, count);
  }
  for (const { put: stored, count, place } of parts) {
    if (place['container'] === undefined || place['document'] !== undefined) continue;
    restore(existing(account.databases, place['database']).collections, stored, count);
  }
  for (const { put: stored, count, place } of parts) {
    if (place['document'] === undefined) continue;
    const database = existing(account.databases, place['database']);
    restore(existing(database.collections, place['container']).documents, stored, count);
  }
}

function restore(items: Pick<Account['databases'], '_set' | '_ridCount'>, stored: Row, count: number): void {
  items._set(stored);
  items._ridCount = Math.max(items._ridCount, count);
}

function existing<I>(items: { readonly _data: ReadonlyMap<string, I> }, rid: string | undefined): I {
  const found = rid === undefined ? undefined : items._data.get(rid);
  if (found === undefined)
    throw new Error(`the snapshot has something within ${rid ?? 'nothing'}, which is not there`);
  return found;
}

/** Every change of the emulator goes through these two methods of the class that all its lists extend. */
function recordChanges(record: (one: Change) => void): void {
  const prototype = EmulatedItems.prototype;
  const { _set: set, delete: removeItem } = prototype;
  prototype._set = function (this: typeof prototype, stored) {
    const result = set.call(this, stored);
    if (SELF.test(stored._self)) record({ put: stored, count: this._ridCount });
    return result;
  };
  prototype.delete = function (this: typeof prototype, id, partition) {
    const self = this._item('/id', id, partition).read()?._self;
    removeItem.call(this, id, partition);
    if (self !== undefined && SELF.test(self)) record({ remove: self });
  };
}
