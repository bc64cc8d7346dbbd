import { z } from 'zod';

/** The activity that the extension schedules for `callHttp`. */
export const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

const httpRequest = z.looseObject({
  method: z.string(),
  uri: z.url({ protocol: /^https?$/ }),
  content: z.string().nullish(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullish(),
  tokenSource: z.unknown().optional(),
});

/** As .NET's HttpClient, which the extension uses, has it by default. */
const BOUND_MS = 100_000;

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
}

/**
 * Makes the HTTP request of a `callHttp`.
 * @param input JSON text of a DurableHttpRequest
 * @returns a DurableHttpResponse: an answer of any status is a result
 * @throws Error where the request cannot be made or is not answered
 */
export async function callHttp(input: string | null, signal: AbortSignal): Promise<HttpAnswer> {
  const request = httpRequest.parse(JSON.parse(input ?? 'null'));
  if (request.tokenSource !== undefined && request.tokenSource !== null) {
    throw new Error('A managed identity, which the tokenSource of callHttp asks for, exists only on Azure.');
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
  }
  if (headers.get('content-type')?.includes('multipart') === true) {
    throw new Error('Multipart content is not supported with CallHttpAsync.');
  }
  const content = request.content ?? undefined;
  if (content !== undefined && !headers.has('content-type')) headers.set('content-type', 'text/plain');
  const response = await fetch(request.uri, {
    method: request.method,
    headers,
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(BOUND_MS)]),
  });
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    content: await response.text(),
  };
}
