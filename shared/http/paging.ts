import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { Failure } from '../failure.ts';

export const MAX_LIMIT = 200;

/** The query of every list: at most `limit` items, those that follow `after` (the `next` of the page before). */
export function pagingSchema(
  after: z.ZodType<string>,
): z.ZodObject<{ limit: z.ZodType<number>; after: z.ZodType<string | undefined> }> {
  return z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(MAX_LIMIT)
      .default(50)
      .meta({ description: `How many items at most (1 to ${MAX_LIMIT})` }),
    after: after.optional().meta({ description: 'The `next` of the page before' }),
  });
}

/** Reads `limit` and `after`. @throws Failure `invalid` */
export function readPaging(
  request: HttpRequest,
  after: z.ZodType<string>,
): { limit: number; after: string | undefined } {
  const parsed = pagingSchema(after).safeParse(Object.fromEntries(request.query));
  if (parsed.success) return { limit: parsed.data.limit, after: parsed.data.after };
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Failure('invalid', `The query is not usable: ${wrong.join('; ')}`);
}
