import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { type Lock, tryLock } from '../../lock.ts';
import type { HubDatabase } from './hub-database.ts';
import { FIRST_MESSAGE } from './inbox.ts';
import { integer, text } from './sql-values.ts';

/** For how long a host that does not move keeps its claims, in milliseconds. */
export const LEASE = 10_000;

/**
 * The hosts of a hub. Each holds the lock of a file of its own, which ends with its process: whoever gets the lock of
 * another host knows that it is dead. A process that is there but does not move (stopped, or hung) keeps its claims
 * until its lease ends.
 */
export class HostTable {
  readonly #folder: string;
  readonly #database: HubDatabase;
  readonly #add: StatementSync;
  readonly #exists: StatementSync;
  readonly #renew: StatementSync;
  readonly #others: StatementSync;
  readonly #remove: StatementSync;
  readonly #freeTurns: StatementSync;
  readonly #freeActivities: StatementSync;

  constructor(database: HubDatabase, file: string) {
    this.#folder = `${file}.hosts`;
    this.#database = database;
    this.#add = database.prepare('INSERT INTO hosts (lock, lease_until) VALUES (?, ?)');
    this.#exists = database.prepare('SELECT 1 FROM hosts WHERE host = ?');
    this.#renew = database.prepare('UPDATE hosts SET lease_until = ? WHERE lock = ?');
    this.#others = database.prepare('SELECT host, lock, lease_until FROM hosts WHERE lock <> ?');
    this.#remove = database.prepare('DELETE FROM hosts WHERE host = ? AND lease_until < ?');
    this.#freeTurns = database.prepare(
      `UPDATE living SET host = NULL, (due_at, due_order) = (${FIRST_MESSAGE}) WHERE host = ?`,
    );
    this.#freeActivities = database.prepare('UPDATE activity_claims SET host = NULL WHERE host = ?');
  }

  /** Takes a new host's lock, and clears up after hosts that died before they were known. */
  lock(): { readonly name: string; readonly lock: Lock } {
    mkdirSync(this.#folder, { recursive: true });
    const name = `${randomUUID()}.lock`;
    const lock = tryLock(this.#path(name));
    if (lock === undefined) throw new Error(`${this.#path(name)} is locked by somebody else`);
    const known = new Set(this.#others.all(name).map((row) => text(row['lock'])));
    for (const other of readdirSync(this.#folder)) {
      if (other.endsWith('.lock') && other !== name && !known.has(other)) this.#isDead(other);
    }
    return { name, lock };
  }

  /** Makes a host known whose lock is held. @returns its number, which is never given out again */
  register(name: string, now: number): number {
    return Number(this.#add.run(name, now + LEASE).lastInsertRowid);
  }

  /** Whether nobody has taken the host for dead. */
  exists(host: number): boolean {
    return this.#exists.get(host) !== undefined;
  }

  /** Renews a lease, unless the host was taken for dead. */
  beat(name: string, now: number): void {
    this.#database.write(() => this.#renew.run(now + LEASE, name));
  }

  /** Gives the claims of dead hosts back. @param name the host that asks */
  bury(name: string, now: number): void {
    for (const row of this.#database.read(() => this.#others.all(name))) {
      const host = integer(row['host']);
      if (this.#isDead(text(row['lock']))) this.leave(host, Number.MAX_SAFE_INTEGER);
      else if (integer(row['lease_until']) < now) this.leave(host, now);
    }
  }

  /** Gives the claims of a host back whose lease ends before a moment; it may not commit what it had. */
  leave(host: number, before: number): void {
    this.#database.write(() => {
      if (this.#remove.run(host, before).changes === 0) return;
      this.#freeTurns.run(host);
      this.#freeActivities.run(host);
    });
  }

  /** Ends a host's lock and removes its file. */
  unlock(name: string, lock: Lock): void {
    lock.release();
    rmSync(this.#path(name), { force: true });
    rmSync(`${this.#path(name)}-journal`, { force: true });
  }

  /** Whether a host's process has ended; then its file is removed. */
  #isDead(name: string): boolean {
    if (!existsSync(this.#path(name))) return true;
    const lock = tryLock(this.#path(name));
    if (lock === undefined) return false;
    this.unlock(name, lock);
    return true;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}
