import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { EVENT, type HistoryEvent } from '../../../../../local/durable/history.ts';
import type { ClaimedActivity, ClaimedTurn } from '../../../../../local/durable/instance.ts';
import { SqliteStore } from '../../../../../local/durable/store/sqlite-store.ts';
import { activity, completed, instance, message, outcome, start } from './hub-parts.ts';

export const INSTANCES = ['a', 'b', 'c'];
const LEASE = 10_000;

interface Pending {
  readonly id: string;
  readonly visibleAt: number;
}

interface ModelInstance {
  pending: Pending[];
  readonly delivered: string[];
  notBefore: number;
  holder: Held<ClaimedTurn> | undefined;
}

interface ModelActivity {
  readonly id: string;
  attempts: number;
  holder: Held<ClaimedActivity> | undefined;
}

/** Something that a store was given; it is a store's until the store loses or ends it. */
interface Held<T> {
  readonly work: T;
  readonly by: Host;
  readonly name: string;
}

interface Host {
  store: SqliteStore;
  turns: Held<ClaimedTurn>[];
  activities: Held<ClaimedActivity>[];
}

/** What tells an event from all others: its name, or the activity that it answers. */
function idOf(event: HistoryEvent): string {
  if (event.EventType === EVENT.eventRaised) return event.Name;
  if (event.EventType === EVENT.taskCompleted) return `done ${event.TaskScheduledId}`;
  return 'start';
}

/** Drives stores on one file, beside a model in plain values that says what each call has to answer. */
export class HubModel {
  readonly #file: string;
  readonly #hosts: Host[];
  readonly #opened: SqliteStore[] = [];
  readonly #instances = new Map<string, ModelInstance>();
  #activities: ModelActivity[] = [];
  readonly sent: string[] = [];
  #now = 1_000_000;
  #ids = 0;

  constructor(file: string) {
    this.#file = file;
    this.#hosts = [this.#open(), this.#open()];
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const { store } of this.#hosts) store.beat();
  }

  create(by: number, id: string): void {
    const made = instance(id);
    strictEqual(this.#host(by).store.create(made, start(made)), !this.#instances.has(id));
    if (this.#instances.has(id)) return;
    const pending = [{ id: 'start', visibleAt: 0 }];
    this.#instances.set(id, { pending, delivered: [], notBefore: 0, holder: undefined });
    this.sent.push(`${id} start`);
  }

  send(by: number, id: string, delay: number): void {
    const { name, visibleAt } = this.#newMessage(id, delay);
    this.#host(by).store.send([message(id, name, { visibleAt })]);
  }

  claimTurns(by: number, most: number): void {
    const host = this.#host(by);
    const due = [...this.#instances].filter(([, model]) => this.#isDue(model));
    const turns = host.store.claimTurns(most, this.#now);
    strictEqual(turns.length, Math.min(most, due.length));
    for (const work of turns) {
      const name = work.instance.instanceId;
      const model = this.#instance(name);
      strictEqual(this.#isDue(model), true);
      deepStrictEqual(
        work.messages.map(({ event }) => idOf(event)),
        this.#visible(model),
      );
      deepStrictEqual(work.past.map(idOf), model.delivered);
      model.holder = { work, by: host, name };
      host.turns.push(model.holder);
    }
  }

  commit(by: number, which: number, activities: number, to: string, delay: number): void {
    const host = this.#host(by);
    const held = host.turns[which % host.turns.length];
    if (held === undefined) return;
    host.turns = host.turns.filter((other) => other !== held);
    const model = this.#instance(held.name);
    const valid = model.holder === held;
    const scheduled = Array.from({ length: activities }, () => activity(++this.#ids));
    // Known before, so that it can be part of the outcome; only a commit that counts sends it.
    const name = `m${++this.#ids}`;
    const visibleAt = delay === 0 ? 0 : this.#now + delay;
    const messages = [message(to, name, { visibleAt })];
    const done = outcome(held.work, 'Running', { activities: scheduled, messages });
    strictEqual(host.store.commitTurn(held.work, done), valid);
    if (!valid) return;
    const taken = new Set(held.work.messages.map(({ event }) => idOf(event)));
    model.delivered.push(...held.work.messages.map(({ event }) => idOf(event)));
    model.pending = model.pending.filter(({ id }) => !taken.has(id));
    model.holder = undefined;
    for (const { taskId } of scheduled) {
      this.#activities.push({ id: `${held.name} ${taskId}`, attempts: 0, holder: undefined });
    }
    this.#sent(to, name, visibleAt);
  }

  abandon(by: number, which: number, delay: number): void {
    const host = this.#host(by);
    const held = host.turns[which % host.turns.length];
    if (held === undefined) return;
    host.turns = host.turns.filter((other) => other !== held);
    host.store.abandonTurn(held.work, this.#now + delay);
    const model = this.#instance(held.name);
    if (model.holder !== held) return;
    model.holder = undefined;
    model.notBefore = this.#now + delay;
  }

  claimActivities(by: number, most: number): void {
    const host = this.#host(by);
    const free = this.#activities.filter(({ holder }) => holder === undefined).slice(0, most);
    const taken = host.store.claimActivities(most);
    deepStrictEqual(
      taken.map((work) => `${work.instanceId} ${work.taskId}`),
      free.map(({ id }) => id),
    );
    taken.forEach((work, index) => {
      const model = free[index];
      if (model === undefined) return;
      model.attempts += 1;
      strictEqual(work.attempt, model.attempts);
      model.holder = { work, by: host, name: model.id };
      host.activities.push(model.holder);
    });
  }

  endActivity(by: number, which: number, how: 'complete' | 'abandon'): void {
    const host = this.#host(by);
    const held = host.activities[which % host.activities.length];
    if (held === undefined) return;
    host.activities = host.activities.filter((other) => other !== held);
    const model = this.#activities.find(({ holder }) => holder === held);
    if (how === 'abandon') {
      host.store.abandonActivity(held.work);
      if (model !== undefined) model.holder = undefined;
      return;
    }
    const { instanceId, taskId } = held.work;
    const counted = host.store.completeActivity(held.work, completed(taskId));
    strictEqual(counted, model !== undefined);
    if (!counted) return;
    this.#activities = this.#activities.filter((other) => other !== model);
    this.#sent(instanceId, `done ${taskId}`, 0);
  }

  /** A host does not move until its lease is over; then it goes on with what it has, or its process is another one. */
  freeze(by: number, thenCrash: boolean): void {
    const host = this.#host(by);
    this.#now += LEASE + 1;
    this.#host(by + 1).store.beat();
    for (const model of this.#instances.values()) if (model.holder?.by === host) model.holder = undefined;
    for (const model of this.#activities) if (model.holder?.by === host) model.holder = undefined;
    if (!thenCrash) return;
    host.store = this.#open().store;
    host.turns = [];
    host.activities = [];
  }

  /** Lets everything end that can, and compares all histories with what was delivered. */
  finish(): void {
    this.freeze(0, true);
    this.freeze(1, true);
    this.#now += 1_000_000;
    this.pass(0);
    for (let rounds = 0; rounds < 4; rounds++) {
      this.claimActivities(0, 1_000);
      while (this.#host(0).activities.length > 0) this.endActivity(0, 0, 'complete');
      this.claimTurns(1, 1_000);
      // Those messages go to nobody: nothing new to do.
      while (this.#host(1).turns.length > 0) this.commit(1, 0, 0, 'nobody', 0);
    }
    const delivered = [...this.#instances].flatMap(([id, model]) =>
      model.delivered.map((event) => `${id} ${event}`),
    );
    deepStrictEqual(delivered.toSorted(), this.sent.toSorted());
    for (const [id, model] of this.#instances) {
      deepStrictEqual(this.#host(0).store.history(id).map(idOf), model.delivered);
    }
    deepStrictEqual(this.#activities, []);
    strictEqual(this.#host(0).store.nextVisibleAt(0), undefined);
  }

  async close(): Promise<void> {
    for (const store of this.#opened) await store.close();
  }

  #open(): Host {
    const store = new SqliteStore({ file: this.#file, background: false, now: () => this.#now });
    this.#opened.push(store);
    return { store, turns: [], activities: [] };
  }

  #host(by: number): Host {
    const host = this.#hosts[by % this.#hosts.length];
    if (host === undefined) throw new Error('no such host');
    return host;
  }

  #instance(id: string): ModelInstance {
    const model = this.#instances.get(id);
    if (model === undefined) throw new Error(`no instance ${id}`);
    return model;
  }

  #newMessage(to: string, delay: number): { readonly name: string; readonly visibleAt: number } {
    const name = `m${++this.#ids}`;
    const visibleAt = delay === 0 ? 0 : this.#now + delay;
    this.#sent(to, name, visibleAt);
    return { name, visibleAt };
  }

  #sent(to: string, id: string, visibleAt: number): void {
    if (!this.#instances.has(to)) return;
    this.#instance(to).pending.push({ id, visibleAt });
    this.sent.push(`${to} ${id}`);
  }

  #visible({ pending }: ModelInstance): string[] {
    return pending.filter(({ visibleAt }) => visibleAt <= this.#now).map(({ id }) => id);
  }

  #isDue(model: ModelInstance): boolean {
    return model.holder === undefined && model.notBefore <= this.#now && this.#visible(model).length > 0;
  }
}
