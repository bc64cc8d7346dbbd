import { z } from 'zod';
import type { VersionFailureStrategy, VersionMatchStrategy } from './engine/version-match.ts';
import { lowerKeys } from '../host/lower-keys.ts';

/** The part of host.json's `extensions.durableTask` that this host honours. */
export interface DurableOptions {
  readonly hubName: string;
  /** Of one host, as is the next. */
  readonly maxConcurrentActivities: number;
  /** Turns of orchestrations and of entities, which share Azure's queue of turns for Node apps. */
  readonly maxConcurrentOrchestrators: number;
  /** Operations that one run of an entity function gets; undefined: as many as wait. */
  readonly maxEntityOperationBatchSize: number | undefined;
  /** Actions of one turn; more fail the instance. */
  readonly maxOrchestrationActions: number;
  /** Of instances that are started without one; undefined: none. */
  readonly defaultVersion: string | undefined;
  readonly versionMatchStrategy: VersionMatchStrategy;
  readonly versionFailureStrategy: VersionFailureStrategy;
  /** Which existing instances a start with the same id replaces. */
  readonly overridableExistingInstanceStates: 'AnyState' | 'NonRunningStates';
}

const count = z.coerce.number().int().min(1);

/** One of a few words, in any case. */
function oneOf<const T extends string>(words: readonly [T, ...T[]]) {
  return z.string().transform((text, context): T => {
    const word = words.find((known) => known.toLowerCase() === text.toLowerCase());
    if (word !== undefined) return word;
    context.addIssue({ code: 'custom', message: `"${text}" is not one of ${words.join(', ')}` });
    return z.NEVER;
  });
}

const section = z.looseObject({
  hubname: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{2,44}$/, 'must be a letter and then 2 to 44 letters and digits')
    .default('TestHubName'),
  maxconcurrentactivityfunctions: count.optional(),
  maxconcurrentorchestratorfunctions: count.optional(),
  maxentityoperationbatchsize: count.optional(),
  maxorchestrationactions: count.default(100_000),
  defaultversion: z.string().optional(),
  versionmatchstrategy: oneOf(['None', 'Strict', 'CurrentOrOlder']).default('CurrentOrOlder'),
  versionfailurestrategy: oneOf(['Reject', 'Fail']).default('Reject'),
  overridableexistinginstancestates: oneOf(['AnyState', 'NonRunningStates']).default('NonRunningStates'),
  extendedsessionsenabled: z
    .stringbool()
    .or(z.boolean())
    .default(false)
    .refine((enabled) => !enabled, 'is not supported for Node apps'),
});

/** Azure runs so many functions of a kind at a time for each core. */
const PER_CORE = 10;

/**
 * Reads host.json's `extensions.durableTask`. As in .NET's configuration the case of names does not matter and numbers
 * may be texts.
 * @param extensions host.json's `extensions`
 * @param cores of the machine
 * @throws Error saying which option is wrong
 */
export function parseDurableOptions(extensions: unknown, cores: number): DurableOptions {
  const sections = z.record(z.string(), z.unknown()).safeParse(lowerKeys(extensions ?? {})).data ?? {};
  const parsed = section.safeParse(lowerKeys(sections['durabletask'] ?? {}));
  if (!parsed.success) {
    throw new Error(`host.json, extensions.durableTask:\n${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  const perHost = PER_CORE * cores;
  return {
    hubName: data.hubname,
    maxConcurrentActivities: data.maxconcurrentactivityfunctions ?? perHost,
    maxConcurrentOrchestrators: data.maxconcurrentorchestratorfunctions ?? perHost,
    maxEntityOperationBatchSize: data.maxentityoperationbatchsize,
    maxOrchestrationActions: data.maxorchestrationactions,
    defaultVersion: data.defaultversion,
    versionMatchStrategy: data.versionmatchstrategy,
    versionFailureStrategy: data.versionfailurestrategy,
    overridableExistingInstanceStates: data.overridableexistinginstancestates,
  };
}
