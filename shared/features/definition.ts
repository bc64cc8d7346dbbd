import { z } from 'zod';
import { driftSettingsSchema, OUTCOME_COLUMNS } from '../drift/drift-settings.ts';
import { durationSchema } from '../promotion/duration.ts';
import { planSchema } from '../promotion/plan.ts';
import { costsSchema } from '../training/evaluation/costs.ts';
import { intendedUseSchema } from '../training/evaluation/intended-use.ts';
import { trainingGatesSchema } from '../training/evaluation/training-gates.ts';
import { learnerNameSchema } from '../training/learner.ts';
import { searchPlanSchema } from '../training/search-plan.ts';
import { findingsOf } from './check-definition.ts';
import { allFeatureNames } from './feature-names.ts';
import { MAX_FREQUENCIES, MAX_NAME, MAX_TEXT } from './limits.ts';

// A name becomes a key of JSON rows: what every object inherits (constructor, toString …) would read as present.
const columnName = z
  .string()
  .max(MAX_NAME)
  .regex(
    /^[A-Za-z][A-Za-z0-9_.\- ]*$/,
    'must start with a letter and hold letters, digits, "_", ".", "-" or spaces',
  )
  .refine((name) => !(name in Object.prototype), 'is a name that every JavaScript object has');
const label = z.string().min(1).max(MAX_TEXT);
const category = z.string().min(1).max(MAX_NAME);
const finite = z.number();

export const timePartSchema = z.enum(['hour', 'dayOfWeek', 'dayOfMonth', 'month']);

export const columnSchema = z
  .strictObject({
    name: columnName,
    type: z.enum(['number', 'category', 'timestamp', 'string', 'boolean']),
    role: z.enum(['entity', 'id', 'eventTime', 'label']).optional(),
    required: z.boolean().optional(),
    min: finite.optional(),
    max: finite.optional(),
    integer: z.boolean().optional(),
    categories: z.array(category).min(1).max(1024).optional(),
    default: z.union([finite, z.string().min(1).max(MAX_TEXT), z.boolean()]).optional(),
    /** The reason why the column is accepted but neither checked nor ever a feature. */
    ignored: z.string().min(1).optional(),
    /** Where the value comes from when the row has none. */
    derive: z.strictObject({ from: columnName, part: timePartSchema }).optional(),
    /** Whether its values only grow as time passes, such as an account's age: a change of them is no drift. */
    ages: z.boolean().optional(),
    description: z.string().optional(),
    /** How the label's two values are written in files. */
    labels: z.strictObject({ positive: label, negative: label }).optional(),
  })
  .readonly();
export type Column = z.infer<typeof columnSchema>;

const name = z.string().min(1).max(MAX_NAME).optional();
const featureUnion = z.discriminatedUnion('op', [
  /** The number itself; a boolean as 0 or 1. */
  z.strictObject({ op: z.literal('passthrough'), column: columnName, name }),
  /** ln(1 + x) of a column whose declared minimum is at least 0. */
  z.strictObject({ op: z.literal('log1p'), column: columnName, name }),
  /** numerator / denominator; missing where the denominator is 0. */
  z.strictObject({ op: z.literal('ratio'), numerator: columnName, denominator: columnName, name }),
  /** Sine and cosine of a number with a period, or of a part of a timestamp (periods 24, 7, 31 and 12). */
  z.strictObject({
    op: z.literal('cyclic'),
    column: columnName,
    period: finite.positive().optional(),
    part: timePartSchema.optional(),
    name,
  }),
  /**
   * One feature per declared category and one, `(other)`, for every value that is not declared. A missing value sets
   * none of them (`zeros`), or sets a feature `(missing)` of its own (`bucket`).
   */
  z.strictObject({
    op: z.literal('one-hot'),
    column: columnName,
    missing: z.enum(['zeros', 'bucket']).optional(),
    name,
  }),
  /** The position in the declared categories, counted from 0; their number where the value is not declared. */
  z.strictObject({ op: z.literal('ordinal'), column: columnName, name }),
  /** 1 where the row has no value, else 0. */
  z.strictObject({ op: z.literal('is-missing'), column: columnName, name }),
  /**
   * The share of the training rows (those that have a value) with the same value; 0 for a value that is not among the
   * `limit` most frequent ones.
   */
  z.strictObject({
    op: z.literal('frequency'),
    column: columnName,
    limit: z.int().min(1).max(MAX_FREQUENCIES).optional(),
    name,
  }),
  /** 1 where from <= x <= to, else 0. */
  z.strictObject({ op: z.literal('within'), column: columnName, from: finite, to: finite, name }),
  /** 1 where the relation holds between two columns of the same type, else 0. */
  z.strictObject({
    op: z.literal('compare'),
    left: columnName,
    right: columnName,
    relation: z.enum(['equal', 'less']),
    name,
  }),
  /** left - right; of two timestamps in seconds. */
  z.strictObject({ op: z.literal('difference'), left: columnName, right: columnName, name }),
  /** 1 where the column's value is listed under the key column's value, else 0; missing where the key has no list. */
  z.strictObject({
    op: z.literal('mapped-match'),
    key: columnName,
    column: columnName,
    table: z.record(category, z.array(category).min(1).max(256)),
    name,
  }),
]);
export const featureSchema = featureUnion.readonly();
export type Feature = z.infer<typeof featureUnion>;
export type FeatureOp = Feature['op'];

/** A score >= block is blocked, else a score >= review is reviewed, else the row is approved. */
export const policySchema = z
  .strictObject({ review: finite.gt(0).max(1), block: finite.gt(0).max(1) })
  .refine(({ review, block }) => review <= block, { path: ['review'], message: 'must not be above block' })
  .readonly();
export type Policy = z.infer<typeof policySchema>;

/** What a version has to keep to before it may serve. */
export const limitsSchema = z
  .strictObject({
    /** The most that a run of a single row may take, as the median at warm-up. Milliseconds. */
    maxRowMs: finite.positive(),
  })
  .readonly();

/** What a definition and the contract made from it have in common. */
export const sharedParts = {
  model: z
    .string()
    .max(MAX_NAME)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens'),
  title: z.string().min(1),
  description: z.string(),
  columns: z.array(columnSchema).min(1).max(512).readonly(),
  features: z.array(featureSchema).min(1).max(1024).readonly(),
  policy: policySchema,
  limits: limitsSchema.optional(),
  /** How its versions are promoted, unless who asks says otherwise. */
  plan: planSchema.optional(),
};

/** Where data of a model can be had: what `ingest` takes. */
const sourceSchema = z
  .strictObject({
    title: z.string().min(1),
    licence: z.string().min(1).optional(),
    url: z.string().regex(/^https:\/\//, 'must be an https:// address'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
    /** Of a zip, the member that holds the rows; `inner.zip/rows.csv` in a zip inside it. */
    member: z.string().min(1).optional(),
  })
  .readonly();

/** How labels come about. */
const labellingSchema = z
  .strictObject({
    /** How long after its event a row's label is certain: so far apart are training and held-out rows. */
    maturity: durationSchema,
    /** What a row counts as that has no label by then. */
    unlabelled: z.enum(['negative', 'drop']).default('negative'),
  })
  .readonly();

/** How new versions come about by themselves. */
const retrainSchema = z
  .strictObject({
    /** Labelled rows that a scheduled run needs beyond those that the newest version knew. */
    minNewRows: z.int().nonnegative().default(200),
    /** The least time between two runs that a drift starts. */
    driftEvery: durationSchema.default('24h'),
    /** Whether a version that passes its gates is handed over to a promotion. */
    promote: z.boolean().default(true),
  })
  .readonly();

/** What a model folder's `model.json` declares. */
export const modelDefinitionSchema = z
  .strictObject({
    ...sharedParts,
    defaultFile: z.strictObject({ delimiter: z.string().length(1) }).optional(),
    sources: z.array(sourceSchema).readonly().optional(),
    labelling: labellingSchema.optional(),
    /** What decisions cost; where nothing is said, relative to the loss of one positive row. */
    costs: costsSchema.optional(),
    /** What a new version has to keep to before it may be promoted. */
    trainingGates: trainingGatesSchema.optional(),
    /** What the model card says that cannot be measured. */
    card: intendedUseSchema.optional(),
    learner: z
      .strictObject({
        learner: learnerNameSchema,
        params: z.record(z.string(), z.union([finite, z.boolean(), z.string()])),
      })
      .optional(),
    /** What a new version's learner and parameters are searched in, and how long. */
    search: searchPlanSchema.optional(),
    retrain: retrainSchema.optional(),
    /** How live traffic is held against what the model was made from. */
    drift: driftSettingsSchema.optional(),
  })
  .superRefine((definition, context) => {
    for (const { path, message } of findingsOf(definition)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    const { columns, costs, trainingGates } = definition;
    const has = (wanted: string, type: Column['type']) =>
      columns.some((column) => column.name === wanted && column.type === type);
    if (typeof costs?.loss === 'string' && !has(costs.loss, 'number')) {
      context.addIssue({ code: 'custom', path: ['costs', 'loss'], message: 'is not a number column' });
    }
    const watched = new Set<string>([
      ...columns.map((column) => column.name),
      ...allFeatureNames(definition),
      ...OUTCOME_COLUMNS,
    ]);
    for (const column of Object.keys(definition.drift?.columns ?? {}).filter((key) => !watched.has(key))) {
      context.addIssue({ code: 'custom', path: ['drift', 'columns', column], message: 'is not a column' });
    }
    for (const [index, factor] of (trainingGates?.segmentGap?.columns ?? []).entries()) {
      if (has(factor, 'category')) continue;
      const path = ['trainingGates', 'segmentGap', 'columns', index];
      context.addIssue({ code: 'custom', path, message: 'is not a category column' });
    }
  })
  .readonly();
export type ModelDefinition = z.infer<typeof modelDefinitionSchema>;

/** The part of a definition or contract that says what a row is and which features it has. */
export type Layout = Pick<ModelDefinition, 'columns' | 'features'>;
