import { z } from 'zod';
import { Failure } from '../failure.ts';
import { findingsOf } from './check-definition.ts';
import { type ModelDefinition, modelDefinitionSchema, sharedParts } from './definition.ts';
import { allFeatureNames } from './feature-names.ts';
import { DEFAULT_FREQUENCIES, MAX_FREQUENCIES, MAX_TEXT } from './limits.ts';
import { type CheckedRow, pointerTo } from './row-values.ts';

/** Pairs rather than an object, because a value of the training data may be `__proto__`. */
const frequencyTable = z.strictObject({
  column: z.string(),
  /** Training rows that have a value. */
  rows: z.int().min(0),
  /** The most frequent values with their shares of those rows, most frequent first. */
  shares: z
    .array(z.tuple([z.string().max(MAX_TEXT), z.number().min(0).max(1)]))
    .max(MAX_FREQUENCIES)
    .readonly(),
});

/**
 * `contract.json`: what travels with a trained model, and all that is needed to check a row and write its features.
 * `featureNames` follows from the rest; it is stored so that another reader knows the vector, and so that code which
 * would lay the vector out differently refuses the model instead of scoring nonsense.
 */
export const contractSchema = z
  .strictObject({
    formatVersion: z.literal(1),
    ...sharedParts,
    featureNames: z.array(z.string()).readonly(),
    fitted: z.strictObject({ frequencies: z.array(frequencyTable).readonly() }).readonly(),
    /** Where the score is in the model's output: column `positiveIndex` of the tensor `tensor`. */
    output: z.strictObject({ tensor: z.string(), positiveIndex: z.int().min(0) }).readonly(),
  })
  .superRefine((contract, context) => {
    const findings = findingsOf(contract);
    for (const { path, message } of findings) context.addIssue({ code: 'custom', path: [...path], message });
    const names = allFeatureNames(contract);
    if (
      names.length !== contract.featureNames.length ||
      names.some((name, i) => name !== contract.featureNames[i])
    ) {
      context.addIssue({
        code: 'custom',
        path: ['featureNames'],
        message: 'are not those that the features make',
      });
    }
    const fitted = new Set(contract.fitted.frequencies.map(({ column }) => column));
    contract.features.forEach((feature, index) => {
      if (feature.op !== 'frequency' || fitted.has(feature.column)) return;
      context.addIssue({ code: 'custom', path: ['features', index], message: 'has no fitted frequencies' });
    });
  })
  .readonly();
export type Contract = z.infer<typeof contractSchema>;

/**
 * Reads a `model.json`.
 * @throws Failure `invalid` with every problem, each with its JSON Pointer
 */
export function parseDefinition(value: unknown): ModelDefinition {
  return parsed(modelDefinitionSchema, value, 'the model definition is not valid');
}

/**
 * Reads a `contract.json`.
 * @throws Failure `invalid` with every problem, each with its JSON Pointer
 */
export function parseContract(value: unknown): Contract {
  return parsed(contractSchema, value, 'the contract is not valid');
}

/** Fits what has to be learned from the training rows (and from them alone) and makes the contract of a model. */
export function fitContract(definition: ModelDefinition, rows: Iterable<CheckedRow>): Contract {
  const limits = new Map<string, number>();
  for (const feature of definition.features) {
    if (feature.op !== 'frequency') continue;
    const limit = feature.limit ?? DEFAULT_FREQUENCIES;
    limits.set(feature.column, Math.max(limit, limits.get(feature.column) ?? 0));
  }
  const counters = [...limits].map(([column, limit]) => ({
    column,
    limit,
    slot: definition.columns.findIndex(({ name }) => name === column),
    counts: new Map<string, number>(),
  }));
  if (counters.length > 0) {
    for (const row of rows) {
      for (const { slot, counts } of counters) {
        const value = row[slot];
        if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
  }
  return {
    ...unfittedContract(definition),
    fitted: {
      frequencies: counters.map(({ column, limit, counts }) => ({ column, ...sharesOf(counts, limit) })),
    },
  };
}

/** The contract of a definition before training: it checks rows; features that need fitting can't be written. */
export function unfittedContract(definition: ModelDefinition): Contract {
  return {
    formatVersion: 1,
    ...sharedPartsOf(definition),
    featureNames: allFeatureNames(definition),
    fitted: { frequencies: [] },
    output: { tensor: 'probabilities', positiveIndex: 1 },
  };
}

/** What a definition and the contracts that are made of it say alike. */
export function sharedPartsOf(source: ModelDefinition | Contract): Pick<Contract, keyof typeof sharedParts> {
  const { model, title, description, columns, features, policy, limits, plan } = source;
  return {
    model,
    title,
    description,
    columns,
    features,
    policy,
    ...(limits === undefined ? {} : { limits }),
    ...(plan === undefined ? {} : { plan }),
  };
}

function sharesOf(counts: ReadonlyMap<string, number>, limit: number) {
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const byFrequency = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return {
    rows,
    shares: byFrequency.slice(0, limit).map(([value, n]): [string, number] => [value, n / rows]),
  };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, message: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    path: issue.path.reduce<string>((path, key) => pointerTo(path, String(key)), ''),
    message: issue.message,
  }));
  const listed = problems.map((problem) => `${problem.path || '/'}: ${problem.message}`).join('; ');
  throw new Failure('invalid', `${message}: ${listed}`, { problems });
}
