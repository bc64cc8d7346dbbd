import rhea from 'rhea';
import type { Hub } from './hub.ts';

/** A reply of the `$management` node: an HTTP-like status, and the body where there is one. */
export interface ManagementReply {
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: unknown;
}

const HUB = 'com.microsoft:eventhub';
const PARTITION = 'com.microsoft:partition';
/** Type code of the AMQP strings in an array. */
const STRING = 0xb1;

/** Answers a request for what is known of a hub or of one of its partitions. @param hubs finds a hub by its name */
export function answerManagement(
  properties: Readonly<Record<string, unknown>>,
  hubs: (name: string) => Hub | undefined,
): ManagementReply {
  const { operation, type, name, partition } = properties;
  if (operation !== 'READ' || (type !== HUB && type !== PARTITION)) {
    return {
      status: 501,
      description: `The operation ${String(operation)} of ${String(type)} is not implemented.`,
      condition: 'amqp:not-implemented',
    };
  }
  const hub = typeof name === 'string' ? hubs(name) : undefined;
  if (hub === undefined) return notFound(String(name));
  const body = type === HUB ? describeHub(hub) : describePartition(hub, String(partition));
  if (body === undefined) return notFound(`${hub.name}/Partitions/${String(partition)}`);
  return { status: 200, description: 'OK', body: rhea.types.wrap_map(body) };
}

function describeHub(hub: Hub): Record<string, unknown> {
  const { types } = rhea;
  return {
    name: hub.name,
    type: HUB,
    created_at: types.wrap_timestamp(hub.createdAt.getTime()),
    partition_count: types.wrap_int(hub.logs.length),
    partition_ids: types.wrap_array([...hub.partitionIds], STRING, undefined),
    georeplication_factor: types.wrap_int(1),
  };
}

function describePartition(hub: Hub, id: string): Record<string, unknown> | undefined {
  const log = hub.log(id);
  if (log === undefined) return undefined;
  const { types } = rhea;
  const { begin, end, last } = log;
  return {
    name: hub.name,
    type: PARTITION,
    partition: id,
    begin_sequence_number: types.wrap_long(begin.sequence),
    last_enqueued_sequence_number: types.wrap_long(end.sequence - 1),
    last_enqueued_offset: String(last?.offset ?? -1),
    last_enqueued_time_utc: types.wrap_timestamp(last?.enqueuedTime ?? 0),
    is_partition_empty: begin.sequence === end.sequence,
  };
}

function notFound(what: string): ManagementReply {
  return {
    status: 404,
    description: `The messaging entity '${what}' could not be found.`,
    condition: 'amqp:not-found',
  };
}
