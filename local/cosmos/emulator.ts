import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** The parts of @vercel/cosmosdb-server that the stack builds its own server from. (Its types are mostly `any`.) */

/** A stored database, container or document. It is never changed, only replaced. */
export interface Row {
  readonly id: string;
  readonly _rid: string;
  /** Path by resource ids: `/dbs/{rid}/colls/{rid}/docs/{rid}/`. */
  readonly _self: string;
  readonly _etag: string;
  /** Seconds since 1970. */
  readonly _ts: number;
  readonly [property: string]: unknown;
}

interface Item {
  read(): Row | undefined;
}

export interface Items<I extends Item> {
  readonly _data: ReadonlyMap<string, I>;
  /** Resource ids are made from this counter. */
  _ridCount: number;
  _item(keyPath: '/id', id: string, partition: unknown): I;
  _set: (row: Row) => Row;
  delete: (id: string, partition: unknown) => void;
}

export interface Documents extends Items<Item> {
  _parent: Item;
  _getPartition(row: object): unknown;
  _getQuery(sql: string): Query;
}

export interface Query {
  exec(
    rows: readonly object[],
    options: {
      readonly parameters?: readonly { readonly name: string; readonly value: unknown }[];
      readonly udf: object;
      readonly maxItemCount?: number;
      readonly continuation?: { readonly token: string };
      readonly compositeIndexes: unknown;
    },
  ): { readonly result: readonly unknown[]; readonly continuation?: { readonly token: string } | null };
}

export interface Container extends Item {
  documents: Documents;
  document(id: string, partition: unknown): Item;
}

export interface Database extends Item {
  readonly collections: Items<Container>;
  collection(id: string): Container;
}

export interface Account extends Item {
  readonly databases: Items<Database>;
  database(id: string): Database;
}

/** What an operation on one document came to. */
export interface Outcome {
  readonly statusCode: number;
  readonly body?: object;
}

/** `partitionKey` is the text of the header, such as `["a"]`. */
export interface OperationInput {
  readonly partitionKey: string;
  readonly id?: string;
  readonly ifMatch?: string;
  readonly resourceBody?: unknown;
}

type Operation = (container: Container, input: OperationInput) => Outcome;

type Handler = (
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
  parameters: Readonly<Record<string, string>>,
) => unknown;

function isFunction<T>() {
  return z.custom<T>((value) => typeof value === 'function');
}

const require = createRequire(import.meta.url);
const part = (name: string): unknown => require(`@vercel/cosmosdb-server/lib/${name}`);

/** The emulated account. */
export const { default: EmulatedAccount } = z
  .object({ default: isFunction<new (host: string, port: number) => Account>() })
  .parse(part('account'));

/** The class that every list of databases, containers, documents and so on extends. */
export const { default: EmulatedItems } = z
  .object({ default: isFunction<{ readonly prototype: Items<Item> }>() })
  .parse(part('account/items'));

/** Finds the package's own handler for a request. */
export const { default: route } = z
  .object({
    default:
      isFunction<
        (request: IncomingMessage) => readonly [Readonly<Record<string, string>>, Handler] | undefined
      >(),
  })
  .parse(part('routes'));

export const { createOperation, deleteOperation, readOperation, replaceOperation, upsertOperation } = z
  .object({
    createOperation: isFunction<Operation>(),
    deleteOperation: isFunction<Operation>(),
    readOperation: isFunction<Operation>(),
    replaceOperation: isFunction<Operation>(),
    upsertOperation: isFunction<Operation>(),
  })
  .parse(part('handler/_document-operations'));

export const { patchOperation } = z
  .object({
    patchOperation:
      isFunction<
        (
          container: Container,
          input: OperationInput & { readonly id: string; readonly operations: unknown[] },
        ) => Outcome
      >(),
  })
  .parse(part('handler/_patch-operations'));
