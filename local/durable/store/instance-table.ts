import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { RUNTIME_STATUSES, type ParentInstance } from '../history.ts';
import type { HubDatabase } from './hub-database.ts';
import type { InstanceFilter } from '../hub-store.ts';
import type { Instance } from '../instance.ts';
import { integer, text, textOrNull } from './sql-values.ts';

/** Where to send a message to an instance. */
export interface Address {
  readonly key: number;
  readonly executionId: string;
  readonly living: boolean;
}

type Row = Record<string, SQLOutputValue>;

const COLUMNS = `i.key, i.instance_id, i.execution_id, i.kind, i.name, i.version, i.status, i.created_at, i.updated_at,
  i.parent, i.custom_status, i.output, n.input FROM instances i LEFT JOIN inputs n ON n.key = i.key`;

const FILTER = `i.instance_id >= :from AND i.instance_id < :beyond AND i.created_at BETWEEN :createdFrom AND :createdTo
  AND (:kind IS NULL OR i.kind = :kind)
  AND (:statuses IS NULL OR i.status IN (SELECT value FROM json_each(:statuses)))`;

/** The last character that there is: greater than anything that an instance id goes on with. */
const LAST = '\u{10ffff}';

const status = z.enum(RUNTIME_STATUSES);
const kind = z.enum(['orchestration', 'entity']);
const parent: z.ZodType<ParentInstance> = z.object({
  Name: z.string(),
  Version: z.string(),
  OrchestrationInstance: z.object({ InstanceId: z.string(), ExecutionId: z.string() }),
  TaskScheduleId: z.number(),
});

/** What is known of the instances. Inside the hub an instance is named by its key, which is never given out again. */
export class InstanceTable {
  readonly #add: StatementSync;
  readonly #setInput: StatementSync;
  readonly #removeInput: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;
  readonly #address: StatementSync;
  readonly #byKey: StatementSync;
  readonly #byId: StatementSync;
  readonly #list: StatementSync;
  readonly #ended: StatementSync;

  constructor(database: HubDatabase) {
    this.#add = database.prepare(`
      INSERT INTO instances (instance_id, execution_id, kind, name, version, status, created_at, updated_at, parent,
        custom_status, output) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#setInput = database.prepare('INSERT OR REPLACE INTO inputs (key, input) VALUES (?, ?)');
    this.#removeInput = database.prepare('DELETE FROM inputs WHERE key = ?');
    this.#update = database.prepare(`
      UPDATE instances SET execution_id = ?, kind = ?, name = ?, version = ?, status = ?, created_at = ?,
        updated_at = ?, parent = ?, custom_status = ?, output = ? WHERE key = ?`);
    this.#remove = database.prepare('DELETE FROM instances WHERE key = ?');
    this.#address = database.prepare(`
      SELECT i.key, i.execution_id, l.key AS living FROM instances i LEFT JOIN living l ON l.key = i.key
      WHERE i.instance_id = ?`);
    this.#byKey = database.prepare(`SELECT ${COLUMNS} WHERE i.key = ?`);
    this.#byId = database.prepare(`SELECT ${COLUMNS} WHERE i.instance_id = ?`);
    this.#list = database.prepare(
      `SELECT ${COLUMNS} WHERE ${FILTER} AND i.instance_id > :after ORDER BY i.instance_id LIMIT :most`,
    );
    this.#ended = database.prepare(`
      SELECT i.key FROM instances i LEFT JOIN living l ON l.key = i.key WHERE ${FILTER} AND l.key IS NULL`);
  }

  /** @returns its key */
  add(instance: Instance): number {
    const { lastInsertRowid } = this.#add.run(instance.instanceId, ...changing(instance));
    const key = Number(lastInsertRowid);
    if (instance.input !== null) this.#setInput.run(key, instance.input);
    return key;
  }

  /** @param before what is known of it now: a large input that stays is not written again */
  update(key: number, before: Instance, instance: Instance): void {
    this.#update.run(...changing(instance), key);
    if (instance.input === before.input) return;
    if (instance.input === null) this.#removeInput.run(key);
    else this.#setInput.run(key, instance.input);
  }

  remove(key: number): void {
    this.#remove.run(key);
    this.#removeInput.run(key);
  }

  address(instanceId: string): Address | undefined {
    const row = this.#address.get(instanceId);
    if (row === undefined) return undefined;
    return {
      key: integer(row['key']),
      executionId: text(row['execution_id']),
      living: row['living'] !== null,
    };
  }

  /** @throws Error where there is none */
  read(key: number): Instance {
    const row = this.#byKey.get(key);
    if (row === undefined) throw new Error('The task hub has lost an instance');
    return fromRow(row);
  }

  find(instanceId: string): Instance | undefined {
    const row = this.#byId.get(instanceId);
    return row === undefined ? undefined : fromRow(row);
  }

  /** In the order of the ids' UTF-8 bytes. */
  list(filter: InstanceFilter, most: number, after: string | undefined): Instance[] {
    return this.#list.all({ ...parameters(filter), after: after ?? '', most }).map(fromRow);
  }

  /** The keys of those that have ended. */
  ended(filter: InstanceFilter): number[] {
    return this.#ended.all(parameters(filter)).map(({ key }) => integer(key));
  }
}

function parameters(filter: InstanceFilter): Record<string, string | number | null> {
  const prefix = filter.instanceIdPrefix ?? '';
  return {
    from: prefix,
    beyond: prefix + LAST,
    createdFrom: filter.createdFrom ?? Number.MIN_SAFE_INTEGER,
    createdTo: filter.createdTo ?? Number.MAX_SAFE_INTEGER,
    kind: filter.kind ?? null,
    statuses: filter.statuses === undefined ? null : JSON.stringify(filter.statuses),
  };
}

/** The columns besides id and input, in the order of the statements. */
function changing(instance: Instance): (string | number | null)[] {
  return [
    instance.executionId,
    instance.kind,
    instance.name,
    instance.version,
    instance.status,
    instance.createdAt,
    instance.updatedAt,
    parentText(instance),
    instance.customStatus,
    instance.output,
  ];
}

function parentText({ parent: value }: Instance): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromRow(row: Row): Instance {
  const parentJson = textOrNull(row['parent'] ?? null);
  return {
    instanceId: text(row['instance_id']),
    executionId: text(row['execution_id']),
    kind: kind.parse(row['kind']),
    name: text(row['name']),
    version: text(row['version']),
    status: status.parse(row['status']),
    input: textOrNull(row['input']),
    output: textOrNull(row['output']),
    customStatus: textOrNull(row['custom_status']),
    parent: parentJson === null ? null : parent.parse(JSON.parse(parentJson)),
    createdAt: integer(row['created_at']),
    updatedAt: integer(row['updated_at']),
  };
}
