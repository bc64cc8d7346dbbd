import { z } from 'zod';
import { lowerKeys } from '../lower-keys.ts';

/** Where to begin in a partition that has no checkpoint. */
export type InitialPosition =
  { readonly kind: 'start' } | { readonly kind: 'end' } | { readonly kind: 'time'; readonly time: Date };

/** The part of host.json's `extensions.eventHubs` that this host honours; times in milliseconds. */
export interface EventHubsOptions {
  readonly maxEventBatchSize: number;
  /** From 2 on, a batch waits until it has so many events or `maxWaitTime` has passed. */
  readonly minEventBatchSize: number;
  readonly maxWaitTime: number;
  /** Batches until a checkpoint is written. */
  readonly batchCheckpointFrequency: number;
  /** Events of a partition that are fetched ahead. */
  readonly prefetchCount: number;
  readonly initialPosition: InitialPosition;
  /** An owner that has not renewed its claim for so long has died. */
  readonly ownershipExpiration: number;
  /** Between looks at who owns what. */
  readonly balancingInterval: number;
}

const second = 1_000;
const minute = 60 * second;
/** Azure's longest `maxWaitTime`. */
const longestWait = 10 * minute;

const count = z.coerce.number().int().min(1);

const timeSpan = z.string().transform((text, context): number => {
  const match = /^(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d(?:\.\d{1,7})?)$/.exec(text);
  const [, days, hours, minutes, seconds] = match ?? [];
  if (match === null || Number(hours) > 23) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a time span such as 00:01:00` });
    return z.NEVER;
  }
  const wholeHours = Number(days ?? 0) * 24 + Number(hours);
  return Math.round((wholeHours * 60 + Number(minutes)) * minute + Number(seconds) * second);
});

const initialOffset = z
  .object({ type: z.string().default(''), enqueuedtimeutc: z.string().optional() })
  .transform((offset, context): InitialPosition => {
    switch (offset.type.toLowerCase()) {
      case '':
      case 'fromstart':
        return { kind: 'start' };
      case 'fromend':
        return { kind: 'end' };
      case 'fromenqueuedtime': {
        const text = offset.enqueuedtimeutc ?? '';
        const time = new Date(/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
        if (!Number.isNaN(time.getTime())) return { kind: 'time', time };
        context.addIssue({ code: 'custom', message: `enqueuedTimeUtc "${text}" is not a time` });
        return z.NEVER;
      }
      default:
        context.addIssue({
          code: 'custom',
          message: `type "${offset.type}" is not fromStart, fromEnd or fromEnqueuedTime`,
        });
        return z.NEVER;
    }
  });

// The defaults are Azure's, but for the last two: Azure's 2 minutes and 30 seconds suit a fleet, not a work place
// where a host that was killed shall be replaced at once.
const section = z
  .looseObject({
    maxeventbatchsize: count.default(100),
    mineventbatchsize: count.default(1),
    maxwaittime: timeSpan.pipe(z.number().max(longestWait, 'is longer than 10 minutes')).default(minute),
    batchcheckpointfrequency: count.default(1),
    prefetchcount: count.default(300),
    initialoffsetoptions: z.preprocess(lowerKeys, initialOffset).default({ kind: 'start' }),
    partitionownershipexpirationinterval: timeSpan.default(10 * second),
    loadbalancingupdateinterval: timeSpan.default(2 * second),
  })
  .refine((options) => options.mineventbatchsize <= options.maxeventbatchsize, {
    message: 'minEventBatchSize is larger than maxEventBatchSize',
  });

/**
 * Reads host.json's `extensions.eventHubs`. As in .NET's configuration the case of names does not matter and numbers
 * may be texts.
 * @param extensions host.json's `extensions`
 * @throws Error saying which option is wrong
 */
export function parseEventHubsOptions(extensions: unknown): EventHubsOptions {
  const sections = z.record(z.string(), z.unknown()).safeParse(lowerKeys(extensions ?? {})).data ?? {};
  const parsed = section.safeParse(lowerKeys(sections['eventhubs'] ?? {}));
  if (!parsed.success) {
    throw new Error(`host.json, extensions.eventHubs:\n${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  return {
    maxEventBatchSize: data.maxeventbatchsize,
    minEventBatchSize: data.mineventbatchsize,
    maxWaitTime: data.maxwaittime,
    batchCheckpointFrequency: data.batchcheckpointfrequency,
    prefetchCount: data.prefetchcount,
    initialPosition: data.initialoffsetoptions,
    ownershipExpiration: data.partitionownershipexpirationinterval,
    balancingInterval: data.loadbalancingupdateinterval,
  };
}
