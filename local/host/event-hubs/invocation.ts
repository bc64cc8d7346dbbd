import type { ReceivedEventData } from '@azure/event-hubs';
import type { RpcTypedData } from '../core-types.ts';
import type { TriggerInvocation } from '../trigger-driver.ts';

/** Where a batch comes from, and how its function takes it. */
export interface BatchSource {
  readonly namespace: string;
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partition: string;
  readonly many: boolean;
  readonly binary: boolean;
}

/**
 * What Azure's host sends to the Node worker for a batch of one partition. The library makes of it what the function
 * gets: it parses texts that are JSON and lowers the first letter of every key of the metadata.
 * @param events exactly one where the function takes single events
 * @param isCheckpointingAfterInvocation whether a checkpoint follows
 */
export function toInvocation(
  events: readonly ReceivedEventData[],
  source: BatchSource,
  isCheckpointingAfterInvocation: boolean,
): TriggerInvocation {
  const { namespace, hub, consumerGroup, partition, many, binary } = source;
  const partitionContext = json({
    IsCheckpointingAfterInvocation: isCheckpointingAfterInvocation,
    FullyQualifiedNamespace: namespace,
    EventHubName: hub,
    ConsumerGroup: consumerGroup,
    PartitionId: partition,
  });
  const bodies = events.map(({ body }: { readonly body?: unknown }) => toBytes(body));
  const [only] = bodies;
  if (!many) {
    const [event] = events;
    if (event === undefined || only === undefined || events.length > 1) {
      throw new RangeError(`a function that takes one event was given ${String(events.length)}`);
    }
    return {
      data: binary ? { bytes: only } : { string: only.toString('utf8') },
      triggerMetadata: { PartitionContext: partitionContext, ...metadataOfOne(event) },
    };
  }
  return {
    data: binary
      ? { collectionBytes: { bytes: bodies } }
      : texts(bodies.map((bytes) => bytes.toString('utf8'))),
    triggerMetadata: { PartitionContext: partitionContext, ...metadataOfMany(events) },
  };
}

function metadataOfOne(event: ReceivedEventData): Record<string, RpcTypedData> {
  const time = wireTime(event.enqueuedTimeUtc);
  return {
    ...(event.partitionKey == null ? {} : { PartitionKey: { string: event.partitionKey } }),
    Offset: { string: event.offset },
    SequenceNumber: json(event.sequenceNumber),
    EnqueuedTimeUtc: json(time),
    Properties: json(propertiesOf(event)),
    SystemProperties: json(systemPropertiesOf(event, time)),
  };
}

function metadataOfMany(events: readonly ReceivedEventData[]): Record<string, RpcTypedData> {
  const times = wireTimes(events);
  return {
    PartitionKeyArray: texts(events.map(({ partitionKey }) => partitionKey ?? '')),
    OffsetArray: texts(events.map(({ offset }) => offset)),
    SequenceNumberArray: json(events.map(({ sequenceNumber }) => sequenceNumber)),
    EnqueuedTimeUtcArray: json(times),
    PropertiesArray: json(events.map(propertiesOf)),
    SystemPropertiesArray: json(events.map((event, index) => systemPropertiesOf(event, times[index] ?? ''))),
  };
}

/** As on Azure empty texts are left out: the Node worker does not ask for them. */
function texts(all: readonly string[]): RpcTypedData {
  return { collectionString: { string: all.filter((text) => text !== '') } };
}

function json(value: unknown): RpcTypedData {
  return { json: JSON.stringify(value) };
}

/**
 * A body as bytes. What is not bytes was sent as an AMQP value or sequence, which other languages cannot read at all;
 * here it becomes text.
 */
function toBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  // Several data sections are one body in pieces.
  if (Array.isArray(body) && body.every((piece) => piece instanceof Uint8Array)) return Buffer.concat(body);
  return Buffer.from(JSON.stringify(body));
}

function propertiesOf(event: ReceivedEventData): unknown {
  return event.getRawAmqpMessage().applicationProperties ?? {};
}

function systemPropertiesOf(event: ReceivedEventData, time: string): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event.systemProperties ?? {}))
    properties[amqpName(name)] = value;
  const partitionKey = event.partitionKey ?? null;
  return {
    ...properties,
    'x-opt-sequence-number': event.sequenceNumber,
    'x-opt-offset': event.offset,
    'x-opt-enqueued-time': `${time}+00:00`,
    ...(partitionKey === null ? {} : { 'x-opt-partition-key': partitionKey }),
    SequenceNumber: event.sequenceNumber,
    Offset: event.offset,
    PartitionKey: partitionKey,
    EnqueuedTimeUtc: time,
  };
}

/** The client has AMQP's `content-type` as `contentType`; annotations are written with hyphens anyway. */
function amqpName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Events that came together have one time, and to write it takes long. */
function wireTimes(events: readonly ReceivedEventData[]): string[] {
  let last: { readonly time: number; readonly text: string } | undefined;
  return events.map(({ enqueuedTimeUtc }) => {
    const time = enqueuedTimeUtc.getTime();
    if (last?.time !== time) last = { time, text: wireTime(enqueuedTimeUtc) };
    return last.text;
  });
}

/** As .NET writes a DateTime of no stated zone, which this one is: in UTC, without `Z` and without trailing zeros. */
function wireTime(time: Date): string {
  return time.toISOString().replace(/\.?0*Z$/, '');
}
