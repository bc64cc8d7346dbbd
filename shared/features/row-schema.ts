import { z } from 'zod';
import type { Column } from './definition.ts';
import { MAX_TEXT } from './limits.ts';
import { parseTimestamp, TIMESTAMP_PATTERN } from './timestamp.ts';

/**
 * A row of these columns as a zod schema; also what the OpenAPI document shows (`z.toJSONSchema`). It accepts exactly
 * the rows that `rowChecker` accepts. Categories are examples, not an enum, because an unknown category is accepted.
 */
export function rowSchemaOf(columns: readonly Column[]): z.ZodType {
  return z.looseObject(Object.fromEntries(columns.map((column) => [column.name, propertyOf(column)])));
}

function propertyOf(column: Column): z.ZodType {
  const description = descriptionOf(column);
  const described = (schema: z.ZodType) => (description === '' ? schema : schema.describe(description));
  if (column.ignored !== undefined) return described(z.unknown().optional());
  if (column.required === true) return described(valueOf(column));
  return described(valueOf(column).nullish());
}

function valueOf(column: Column): z.ZodType {
  if (column.role === 'label') {
    const texts = column.labels === undefined ? [] : [column.labels.positive, column.labels.negative];
    return z.union([z.literal([0, 1, ...texts]), z.boolean()]);
  }
  switch (column.type) {
    case 'number': {
      const base = column.integer === true ? z.int() : z.number();
      const bounded = column.min === undefined ? base : base.min(column.min);
      return column.max === undefined ? bounded : bounded.max(column.max);
    }
    case 'boolean':
      return z.boolean();
    case 'timestamp':
      return z
        .string()
        .regex(TIMESTAMP_PATTERN)
        .refine(
          (text) => !Number.isNaN(parseTimestamp(text)),
          'must be an existing date and time in ISO 8601',
        )
        .meta({ examples: ['2025-08-11T17:36:37Z'] });
    case 'string':
    case 'category': {
      const text = z.string().max(MAX_TEXT);
      const present = column.required === true ? text.min(1) : text;
      return column.categories === undefined ? present : present.meta({ examples: [...column.categories] });
    }
  }
}

function descriptionOf(column: Column): string {
  const sentences: string[] = [];
  if (column.description !== undefined) sentences.push(column.description);
  if (column.ignored !== undefined) sentences.push(`Ignored: ${column.ignored}`);
  if (column.role === 'label') sentences.push('The label; not used when scoring');
  if (column.type === 'timestamp') sentences.push('ISO 8601, no offset means UTC');
  if (column.categories !== undefined && column.role !== 'label') {
    sentences.push(`One of ${column.categories.join(', ')}; any other text counts as "other"`);
  }
  if (column.default !== undefined) sentences.push(`${JSON.stringify(column.default)} when absent`);
  return sentences.join('. ');
}
