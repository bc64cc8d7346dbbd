import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import type { HubDatabase } from './hub-database.ts';
import type { ClaimedActivity, NewActivity } from '../instance.ts';
import { integer, text, textOrNull } from './sql-values.ts';

type Row = Record<string, SQLOutputValue>;

/**
 * The activities that have not ended, in the order in which they were scheduled. Like a queue's message on Azure, an
 * activity runs even where its instance has ended or was purged in the meantime: only its result is dropped.
 */
export class ActivityQueue {
  readonly #add: StatementSync;
  readonly #free: StatementSync;
  readonly #retake: StatementSync;
  readonly #read: StatementSync;
  readonly #untouched: StatementSync;
  readonly #take: StatementSync;
  readonly #moveHead: StatementSync;
  readonly #end: StatementSync;
  readonly #remove: StatementSync;
  readonly #release: StatementSync;

  constructor(database: HubDatabase) {
    this.#add = database.prepare(`
      INSERT INTO activities (instance_id, execution_id, task_id, name, version, input) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#free = database.prepare(
      'SELECT sequence FROM activity_claims WHERE host IS NULL ORDER BY sequence LIMIT ?',
    );
    this.#retake = database.prepare(
      'UPDATE activity_claims SET host = ?, attempt = attempt + 1 WHERE sequence = ? RETURNING attempt',
    );
    this.#read = database.prepare('SELECT * FROM activities WHERE sequence = ?');
    this.#untouched = database.prepare(`
      SELECT * FROM activities WHERE sequence > (SELECT taken FROM queue_head) ORDER BY sequence LIMIT ?`);
    this.#take = database.prepare('INSERT INTO activity_claims (sequence, host, attempt) VALUES (?, ?, 1)');
    this.#moveHead = database.prepare('UPDATE queue_head SET taken = ?');
    this.#end = database.prepare(
      'DELETE FROM activity_claims WHERE sequence = ? AND attempt = ? AND host IS NOT NULL',
    );
    this.#remove = database.prepare('DELETE FROM activities WHERE sequence = ?');
    this.#release = database.prepare(
      'UPDATE activity_claims SET host = NULL WHERE sequence = ? AND attempt = ? AND host IS NOT NULL',
    );
  }

  add(instanceId: string, executionId: string, activity: NewActivity): void {
    const { taskId, name, version, input } = activity;
    this.#add.run(instanceId, executionId, taskId, name, version, input);
  }

  any(): boolean {
    return this.#free.get(1) !== undefined || this.#untouched.get(1) !== undefined;
  }

  take(most: number, host: number): ClaimedActivity[] {
    const again = this.#free.all(most).map((free) => {
      const sequence = integer(free['sequence']);
      const row = this.#read.get(sequence);
      if (row === undefined) throw new Error('The task hub has lost an activity');
      return fromRow(row, integer(this.#retake.get(host, sequence)?.['attempt']));
    });
    if (again.length >= most) return again;
    const first = this.#untouched.all(most - again.length).map((row) => fromRow(row, 1));
    for (const { sequence } of first) this.#take.run(sequence, host);
    const last = first.at(-1);
    if (last !== undefined) this.#moveHead.run(last.sequence);
    return [...again, ...first];
  }

  /** @returns false where somebody has taken it since: then nothing was changed */
  end({ sequence, attempt }: ClaimedActivity): boolean {
    if (this.#end.run(sequence, attempt).changes === 0) return false;
    this.#remove.run(sequence);
    return true;
  }

  /** Gives an activity back, unless somebody has taken it since. */
  release({ sequence, attempt }: ClaimedActivity): void {
    this.#release.run(sequence, attempt);
  }
}

function fromRow(row: Row, attempt: number): ClaimedActivity {
  return {
    sequence: integer(row['sequence']),
    instanceId: text(row['instance_id']),
    executionId: text(row['execution_id']),
    taskId: integer(row['task_id']),
    name: text(row['name']),
    version: textOrNull(row['version'] ?? null),
    input: textOrNull(row['input'] ?? null),
    attempt,
  };
}
