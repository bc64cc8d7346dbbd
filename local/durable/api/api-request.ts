import type { IncomingMessage } from 'node:http';
import { parseQuery } from '../../host/request-query.ts';
import { badArgument, invalidJson } from './api-reply.ts';
import { RUNTIME_STATUSES, type RuntimeStatus } from '../history.ts';

/** A request of the web API. */
export interface ApiRequest {
  /** In upper case. */
  readonly method: string;
  /** The path below the API's own, decoded piece by piece. */
  readonly path: readonly string[];
  readonly query: ApiQuery;
  /** The scheme and authority that the caller used. */
  readonly origin: string;
  /** The whole address that the caller used. */
  readonly url: string;
  /** In lower case, without parameters. */
  readonly mediaType: string | undefined;
  /** Bytes, as the caller declared; undefined: not declared. */
  readonly contentLength: number | undefined;
  readonly body: string;
  readonly continuationToken: string | undefined;
}

/**
 * Takes a request apart.
 * @param basePath the path that the API is mounted at, without a slash at its end
 * @param fallbackOrigin for requests whose Host header is none
 * @throws ApiRefusal where the path is not encoded well
 */
export function readApiRequest(
  message: IncomingMessage,
  body: Buffer | undefined,
  basePath: string,
  fallbackOrigin: string,
): ApiRequest {
  const target = message.url ?? '/';
  const path = target.split(/[?#]/, 1)[0] ?? '';
  const { headers } = message;
  const host = headers.host ?? '';
  const origin = /^[\w.-]+(?::\d+)?$|^\[[\da-f:.]+\](?::\d+)?$/i.test(host)
    ? `http://${host}`
    : fallbackOrigin;
  const length = headers['content-length'];
  const token = headers['x-ms-continuation-token'];
  return {
    method: (message.method ?? 'GET').toUpperCase(),
    path: splitPath(path.slice(basePath.length)),
    query: new ApiQuery(parseQuery(target)),
    origin,
    url: `${origin}${target}`,
    mediaType: headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase(),
    contentLength: length === undefined ? undefined : Number(length),
    body: body === undefined ? '' : body.toString('utf8'),
    continuationToken: typeof token === 'string' && token !== '' ? token : undefined,
  };
}

/** Slashes around the path don't count; an encoded one stays encoded, as ASP.NET Core leaves it. */
function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  if (trimmed === '') return [];
  return trimmed.split('/').map((piece) => {
    try {
      return decodeURIComponent(piece.replaceAll(/%2f/gi, '%252F'));
    } catch (error) {
      if (error instanceof URIError) throw badArgument(`"${piece}" is not encoded as a URL's path is.`);
      throw error;
    }
  });
}

/** The body's JSON text, checked. @throws ApiRefusal where it is none */
export function jsonBody(request: ApiRequest): string {
  const text = request.body.trim();
  try {
    JSON.parse(text);
  } catch (error) {
    throw invalidJson(error instanceof Error ? error.message : String(error));
  }
  return text;
}

/** A query's parameters. Their names ignore case; values that can't be read count as absent, as in the extension. */
export class ApiQuery {
  readonly #values: ReadonlyMap<string, string>;

  constructor(query: URLSearchParams) {
    this.#values = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  }

  text(name: string): string | undefined {
    return this.#values.get(name.toLowerCase());
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.trim().toLowerCase();
    return value === 'true' ? true : value === 'false' ? false : undefined;
  }

  integer(name: string): number | undefined {
    const value = this.text(name)?.trim() ?? '';
    return /^[+-]?\d{1,9}$/.test(value) ? Number(value) : undefined;
  }

  /** Seconds, such as `1.5`, in milliseconds. */
  seconds(name: string): number | undefined {
    const value = this.text(name)?.trim() ?? '';
    return /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1_000 : undefined;
  }

  /** Milliseconds since 1970. A time without a zone is UTC. */
  time(name: string): number | undefined {
    const value = this.text(name)?.trim() ?? '';
    const zoned = /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(value) ? `${value}Z` : value;
    const time = Date.parse(zoned);
    return Number.isNaN(time) ? undefined : time;
  }

  /** Statuses divided by commas; undefined: none that there is. */
  statuses(name: string): RuntimeStatus[] | undefined {
    const words = new Set((this.text(name) ?? '').split(',').map((word) => word.trim()));
    const known = RUNTIME_STATUSES.filter((status) => words.has(status));
    return known.length === 0 ? undefined : known;
  }
}
