import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MAX_NAME, MAX_TEXT } from '../features/limits.ts';
import { MAX_DISTINCT } from './bin-edges.ts';
import { COLUMN_ROLES } from './column-evidence.ts';
import { MAX_SCALE_BITS } from './value-scale.ts';

/** Categories with counts of their own: the most frequent ones of the reference. */
export const MAX_CATEGORIES = 256;
/** 999 quantiles, 1,000 values with two edges each, nine deciles, both ends, and the score's 201. */
const MAX_EDGES = 4_096;

const untestedSchema = z.enum([
  'identifier',
  'entity',
  'calendar',
  'many-categories',
  'ages',
  'no-reference',
]);

const shared = {
  // The names of features are those of columns with a category at their end.
  column: z
    .string()
    .min(1)
    .max(4 * MAX_NAME + MAX_TEXT),
  role: z.enum(COLUMN_ROLES),
  untested: untestedSchema.optional(),
  distinct: z.int().min(0).max(MAX_DISTINCT),
  /** The input columns that a feature is made of. */
  from: z.array(z.string()).readonly().optional(),
};

const numericColumn = z
  .strictObject({
    ...shared,
    /** `rate`: the column has two values, and each has one bin. */
    kind: z.enum(['numeric', 'rate']),
    edges: z.array(z.number()).min(2).max(MAX_EDGES).readonly(),
    deciles: z.array(z.number()).max(9).readonly(),
    centre: z.number(),
    bits: z.int().min(-MAX_SCALE_BITS).max(MAX_SCALE_BITS),
  })
  .refine(({ edges }) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), {
    path: ['edges'],
    message: 'do not ascend',
  })
  .refine(({ edges, deciles }) => deciles.every((decile) => edges.includes(decile)), {
    path: ['deciles'],
    message: 'are not all edges',
  })
  .refine(({ kind, edges }) => kind === 'numeric' || edges.length === 4, {
    path: ['edges'],
    message: 'of a rate are four',
  })
  .readonly();
export type NumericSpec = z.infer<typeof numericColumn>;

const categoricalColumn = z
  .strictObject({
    ...shared,
    kind: z.literal('categorical'),
    categories: z.array(z.string()).max(MAX_CATEGORIES).readonly(),
  })
  .refine(({ categories }) => new Set(categories).size === categories.length, {
    path: ['categories'],
    message: 'are there twice',
  })
  .readonly();
export type CategoricalSpec = z.infer<typeof categoricalColumn>;

/** What a version's histograms count: its columns with their bins, in the order of the counts. */
export const histogramSpecSchema = z
  .array(z.union([numericColumn, categoricalColumn]))
  .min(1)
  .max(4_096)
  .readonly();
export type HistogramSpec = z.infer<typeof histogramSpecSchema>;
export type ColumnSpec = HistogramSpec[number];

/** SHA-256 of the spec in hexadecimal digits: only histograms of the same one can be added and compared. */
export function specHash(spec: HistogramSpec): string {
  // Parsing puts the members into the schema's order.
  return createHash('sha256')
    .update(JSON.stringify(histogramSpecSchema.parse(spec)))
    .digest('hex');
}
