import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Lock } from '../../lock.ts';
import { ActivityQueue } from './activity-queue.ts';
import { watchChanges } from './change-watch.ts';
import type { HistoryEvent } from '../history.ts';
import { HistoryTable } from './history-table.ts';
import { HostTable } from './host-table.ts';
import { HubDatabase } from './hub-database.ts';
import type { HubStore, InstanceFilter } from '../hub-store.ts';
import { Inbox } from './inbox.ts';
import type { ClaimedActivity, ClaimedTurn, Instance, NewMessage, TurnOutcome } from '../instance.ts';
import { InstanceTable } from './instance-table.ts';
import { MessageDelivery } from './message-delivery.ts';
import { TurnClaims } from './turn-claims.ts';
import { WorkSignal } from './work-signal.ts';

export interface SqliteStoreOptions {
  /** Where the hub is kept; beside it there will be `-wal`, `-shm` and `.hosts`. */
  readonly file: string;
  /**
   * Whether the store keeps its lease, takes over from dead hosts and looks for the work of others by itself. Otherwise
   * `beat` and `look` have to be called.
   */
  readonly background?: boolean;
  /** The time for leases, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A task hub in one SQLite file, which the hosts of an app share. Each process opens it once. */
export class SqliteStore implements HubStore {
  readonly #database: HubDatabase;
  readonly #instances: InstanceTable;
  readonly #inbox: Inbox;
  readonly #history: HistoryTable;
  readonly #activities: ActivityQueue;
  readonly #delivery: MessageDelivery;
  readonly #turns: TurnClaims;
  readonly #hosts: HostTable;
  readonly #signal = new WorkSignal();
  readonly #now: () => number;
  readonly #name: string;
  readonly #lock: Lock;
  readonly #thread: Worker | undefined;
  readonly #endWatch: (() => void) | undefined;
  #host: number;
  #seen: number;

  /**
   * Opens the hub, making its file where there is none, and takes over from hosts that are dead.
   * @throws Error where the file is something else, or of another version of this program
   */
  constructor({ file, background = true, now = Date.now }: SqliteStoreOptions) {
    const database = new HubDatabase(file);
    this.#database = database;
    this.#now = now;
    this.#instances = new InstanceTable(database);
    this.#inbox = new Inbox(database);
    this.#history = new HistoryTable(database);
    this.#activities = new ActivityQueue(database);
    this.#delivery = new MessageDelivery(this.#instances, this.#inbox, this.#history);
    this.#turns = new TurnClaims(
      this.#instances,
      this.#inbox,
      this.#history,
      this.#activities,
      this.#delivery,
    );
    this.#hosts = new HostTable(database, file);
    const { name, lock, host } = database.write(() => {
      const locked = this.#hosts.lock();
      return { ...locked, host: this.#hosts.register(locked.name, now()) };
    });
    this.#name = name;
    this.#lock = lock;
    this.#host = host;
    this.#hosts.bury(name, now());
    this.#seen = database.dataVersion();
    if (background) {
      const script = new URL(`./presence-thread${extname(import.meta.url)}`, import.meta.url);
      this.#thread = new Worker(script, { workerData: { file, name }, name: 'durable presence' });
      this.#thread.unref();
      this.#endWatch = watchChanges(file, () => this.look());
    }
  }

  /**
   * Has something called soon after there may be more work than before, or another time for `nextVisibleAt`; whoever
   * added it, in whichever process.
   * @returns ends that
   */
  onWork(listener: () => void): () => void {
    return this.#signal.listen(listener);
  }

  /**
   * Makes one transaction of several calls: quicker, and all or nothing. An error undoes all of them.
   * @param work calls the store's methods, and waits for nothing
   */
  together<T>(work: () => T): T {
    return this.#database.write(work);
  }

  /** Calls the listeners where another connection has changed something since the last look. */
  look(): void {
    const version = this.#database.dataVersion();
    if (version === this.#seen) return;
    this.#seen = version;
    this.#signal.raise();
  }

  /** Renews the lease of this host's claims and gives back what dead hosts had. */
  beat(): void {
    const now = this.#now();
    this.#hosts.beat(this.#name, now);
    this.#hosts.bury(this.#name, now);
    this.look();
  }

  /** Gives back what this host still has, and closes the file. Nothing may be called afterwards. */
  async close(): Promise<void> {
    this.#endWatch?.();
    if (this.#thread !== undefined) {
      const thread = this.#thread;
      await new Promise((resolve) => {
        thread.once('exit', resolve);
        thread.ref();
        thread.postMessage('end', []);
      });
    }
    this.#hosts.leave(this.#host, Number.MAX_SAFE_INTEGER);
    this.#hosts.unlock(this.#name, this.#lock);
    this.#database.close();
  }

  create(instance: Instance, start: NewMessage): boolean {
    return this.#change(() => {
      if (this.#instances.address(instance.instanceId) !== undefined) return false;
      this.#delivery.start(instance, start);
      return true;
    });
  }

  replaceEnded(instance: Instance, start: NewMessage): boolean {
    return this.#change(() => {
      const before = this.#instances.address(instance.instanceId);
      if (before?.living === true) return false;
      if (before !== undefined) this.#delivery.forget(before.key);
      this.#delivery.start(instance, start);
      return true;
    });
  }

  find(instanceId: string): Instance | undefined {
    return this.#database.read(() => this.#instances.find(instanceId));
  }

  history(instanceId: string): HistoryEvent[] {
    return this.#database.read(() => {
      const address = this.#instances.address(instanceId);
      return address === undefined ? [] : this.#history.read(address.key);
    });
  }

  list(filter: InstanceFilter, limit: number, after: string | undefined): Instance[] {
    return this.#database.read(() => this.#instances.list(filter, limit, after));
  }

  send(messages: readonly NewMessage[]): void {
    this.#change(() => {
      for (const message of messages) this.#delivery.deliver(message);
    });
  }

  purge(instanceId: string): boolean {
    return this.#database.write(() => {
      const address = this.#instances.address(instanceId);
      if (address === undefined || address.living) return false;
      this.#delivery.forget(address.key);
      return true;
    });
  }

  purgeAll(filter: InstanceFilter): number {
    return this.#database.write(() => {
      const keys = this.#instances.ended(filter);
      for (const key of keys) this.#delivery.forget(key);
      return keys.length;
    });
  }

  claimTurns(most: number, now: number): ClaimedTurn[] {
    if (most <= 0 || !this.#database.read(() => this.#inbox.anyDue(now))) return [];
    return this.#database.write(() => this.#turns.claim(most, now, this.#registered()));
  }

  commitTurn(turn: ClaimedTurn, outcome: TurnOutcome): boolean {
    return this.#change(() => this.#turns.commit(turn, outcome));
  }

  abandonTurn(turn: ClaimedTurn, retryAt: number): void {
    this.#change(() => this.#turns.abandon(turn, retryAt));
  }

  claimActivities(most: number): ClaimedActivity[] {
    if (most <= 0 || !this.#database.read(() => this.#activities.any())) return [];
    return this.#database.write(() => this.#activities.take(most, this.#registered()));
  }

  completeActivity(activity: ClaimedActivity, event: HistoryEvent): boolean {
    return this.#change(() => {
      if (!this.#activities.end(activity)) return false;
      const { instanceId, executionId } = activity;
      this.#delivery.deliver({ instanceId, executionId, visibleAt: 0, event });
      return true;
    });
  }

  abandonActivity(activity: ClaimedActivity): void {
    this.#change(() => this.#activities.release(activity));
  }

  nextVisibleAt(now: number): number | undefined {
    return this.#database.read(() => this.#inbox.nextVisible(now));
  }

  /** A transaction after which there may be work. */
  #change<T>(work: () => T): T {
    const result = this.#database.write(work);
    this.#signal.raise();
    return result;
  }

  /** This host's number. One that was taken for dead, because it did not move, gets a new one. */
  #registered(): number {
    if (!this.#hosts.exists(this.#host)) this.#host = this.#hosts.register(this.#name, this.#now());
    return this.#host;
  }
}
