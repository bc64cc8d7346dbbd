import type { Receiver, Sender } from 'rhea';
import { z } from 'zod';
import { parseAddress, type Address } from './address.ts';

/** What a client's attach frame asks for, as far as the broker needs it. */

const TRACK_END = 'com.microsoft:enable-receiver-runtime-metric';
const IDEMPOTENT = 'com.microsoft:idempotent-producer';
const EPOCH = 'com.microsoft:epoch';
const RECEIVER_NAME = 'com.microsoft:receiver-name';
const SELECTOR = 'apache.org:selector-filter:string';

const Terminus = z.object({ address: z.string() });
const Capabilities = z
  .union([z.string().transform((one) => [one]), z.array(z.coerce.string())])
  .nullish()
  .transform((capabilities) => capabilities ?? []);
/** A filter is a described string; rhea leaves it in its wrapper. */
const Filter = z.union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)]);
const Source = z.object({
  address: z.string(),
  filter: z.record(z.string(), z.unknown()).nullish(),
});
const ReceiverProperties = z
  .object({
    [EPOCH]: z
      .union([z.number(), z.instanceof(Buffer).transform((long) => Number(long.readBigInt64BE()))])
      .nullish(),
    [RECEIVER_NAME]: z.string().nullish(),
  })
  .nullish();

/** A client wants to send. */
export interface ProducerRequest {
  readonly address: Address | undefined;
  readonly path: string;
  /** Whether it wants the broker to recognise repeated sends. */
  readonly idempotent: boolean;
}

export function readProducerRequest(receiver: Receiver): ProducerRequest {
  const target = Terminus.safeParse(receiver.target);
  const path = target.success ? target.data.address : '';
  const wished = Capabilities.safeParse(receiver.desired_capabilities);
  return {
    address: parseAddress(path),
    path,
    idempotent: wished.success && wished.data.includes(IDEMPOTENT),
  };
}

/** A client wants to receive. */
export interface ConsumerRequest {
  readonly address: Address | undefined;
  readonly path: string;
  readonly selector: string | undefined;
  readonly epoch: number | undefined;
  readonly name: string;
  readonly trackEnd: boolean;
}

export const TRACK_END_CAPABILITY = TRACK_END;

export function readConsumerRequest(sender: Sender): ConsumerRequest {
  const source = Source.safeParse(sender.source);
  const path = source.success ? source.data.address : '';
  const filter = Filter.safeParse(source.data?.filter?.[SELECTOR]);
  const properties = ReceiverProperties.safeParse(sender.properties);
  const wished = Capabilities.safeParse(sender.desired_capabilities);
  return {
    address: parseAddress(path),
    path,
    selector: filter.data,
    epoch: properties.data?.[EPOCH] ?? undefined,
    name: properties.data?.[RECEIVER_NAME] ?? 'nil',
    trackEnd: wished.success && wished.data.includes(TRACK_END),
  };
}
