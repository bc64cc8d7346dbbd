import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import { Failure, type Problem } from '../failure.ts';
import { readJson } from './json-body.ts';

/**
 * A request's JSON body, as a schema has it.
 * @param settled members that are not the caller's to say: they are in place of what the body has there
 * @throws Failure `invalid` with every problem, each with its JSON Pointer, and what `readJson` throws
 */
export async function readBody<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
  settled: Readonly<Record<string, string>> = {},
): Promise<T> {
  const body = await readJson(request);
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const parsed = schema.safeParse(isObject ? { ...body, ...settled } : body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(problemsOf);
  const listed = problems.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  throw new Failure('invalid', `The body is not what this route takes: ${listed}`, { problems });
}

/** The same of a body that may be left out: then it is `{}`. @throws as `readBody` */
export async function readOptionalBody<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
  const hasLength = Number(request.headers.get('content-length')) > 0;
  const isEmpty = !hasLength && (await request.clone().text()).trim() === '';
  return isEmpty ? schema.parse({}) : readBody(request, schema);
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((key) => `/${pointerToken(String(key))}`).join('');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({
    path: `${path}/${pointerToken(key)}`,
    message: 'is not known here',
  }));
}

/** RFC 6901. */
function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
