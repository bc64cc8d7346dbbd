import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional(),
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'JSON Pointer into the body' }),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

/** A route that shows something. */
export function read(summary: string, path: z.ZodObject, schema: z.ZodType): ZodOpenApiOperationObject {
  return { summary, ...params({ path }), responses: { 200: ok(schema), ...refused(404, 503) } };
}

export function params(requestParams: { path?: z.ZodObject; query?: z.ZodObject; header?: z.ZodObject }) {
  return { requestParams };
}

export function ok(schema: z.ZodType) {
  return { description: 'OK', content: json(schema) };
}

export function json(schema: z.ZodType) {
  return { 'application/json': { schema } };
}

export function refused(...statuses: number[]) {
  const content = { 'application/problem+json': { schema: problemSchema } };
  return Object.fromEntries(statuses.map((status) => [String(status), { description: 'Refused', content }]));
}
