import type { HttpRequest, HttpRequestUser } from '@azure/functions';
import type { Blob } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { ReadableStream } from 'node:stream/web';
import { headerRecord, LazyHeaders } from './lazy-headers.ts';
import { parseQuery } from './request-query.ts';
import type { RouteValues } from './router.ts';
import type { RpcHttpData } from './core-types.ts';

/** A request whose body has arrived. */
export interface ReceivedRequest {
  readonly message: IncomingMessage;
  readonly method: string;
  /** The request target as sent, with query. */
  readonly target: string;
  /** The value of the Host header, or the host's own address. */
  readonly authority: string;
  readonly params: RouteValues;
  /** Undefined when the request has no body. */
  readonly body: Buffer | undefined;
}

/** Lets the app's library find the caller in a request. */
export type FindUser = (data: RpcHttpData) => HttpRequestUser | null;

/** The request as the library expects it from Azure's host. */
export function toRpcHttpRequest(request: ReceivedRequest): RpcHttpData {
  return {
    method: request.method,
    url: `http://${request.authority}${request.target}`,
    nullableHeaders: nullable(Object.entries(headerRecord(request.message.headers))),
    nullableQuery: nullable(parseQuery(request.target)),
    nullableParams: nullable(Object.entries(request.params)),
    ...(request.body === undefined ? {} : { body: { bytes: request.body } }),
  };
}

function nullable(entries: Iterable<[string, string]>): Record<string, { value: string }> {
  const record: Record<string, { value: string }> = {};
  for (const [name, value] of entries) record[name] = { value };
  return record;
}

/**
 * An `HttpRequest` that does its work only when asked: a handler that reads the body as JSON and one header
 * pays for exactly that. What is rare (streams, forms, blobs, clones) is left to a real fetch `Request`.
 */
export class LazyRequest implements HttpRequest {
  #received: ReceivedRequest;
  #findUser: FindUser;
  #headers: LazyHeaders | undefined;
  #query: URLSearchParams | undefined;
  #url: string | undefined;
  #user: HttpRequestUser | null | undefined;
  #fetchRequest: Request | undefined;
  #used = false;

  constructor(received: ReceivedRequest, findUser: FindUser) {
    this.#received = received;
    this.#findUser = findUser;
  }

  get method(): string {
    return this.#received.method;
  }

  get url(): string {
    this.#url ??= new URL(`http://${this.#received.authority}${this.#received.target}`).href;
    return this.#url;
  }

  get headers(): Headers {
    this.#headers ??= new LazyHeaders(this.#received.message.headers);
    return this.#headers;
  }

  get query(): URLSearchParams {
    this.#query ??= parseQuery(this.#received.target);
    return this.#query;
  }

  get params(): RouteValues {
    return this.#received.params;
  }

  get user(): HttpRequestUser | null {
    if (this.#user === undefined) {
      const principal = this.headers.get('x-ms-client-principal');
      // The library decodes it; without the header there is nothing to decode.
      this.#user =
        principal === null || principal === '' ? null : this.#findUser(toRpcHttpRequest(this.#received));
    }
    return this.#user;
  }

  get body(): ReadableStream | null {
    if (this.#received.body === undefined) return null;
    return this.#real().body;
  }

  get bodyUsed(): boolean {
    return this.#fetchRequest?.bodyUsed ?? this.#used;
  }

  async json(): Promise<unknown> {
    if (this.#fetchRequest !== undefined) return this.#fetchRequest.json();
    const value: unknown = JSON.parse(decodeUtf8(this.#take()));
    return value;
  }

  async text(): Promise<string> {
    if (this.#fetchRequest !== undefined) return this.#fetchRequest.text();
    return decodeUtf8(this.#take());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.#fetchRequest !== undefined) return this.#fetchRequest.arrayBuffer();
    const bytes = this.#take();
    const copy = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(copy).set(bytes);
    return copy;
  }

  async blob(): Promise<Blob> {
    return this.#real().blob();
  }

  async formData(): Promise<FormData> {
    return this.#real().formData();
  }

  clone(): HttpRequest {
    const real = this.#real().clone();
    const copy = new LazyRequest({ ...this.#received, params: { ...this.#received.params } }, this.#findUser);
    copy.#fetchRequest = real;
    copy.#headers = new LazyHeaders(Object.fromEntries(real.headers));
    return copy;
  }

  #take(): Buffer {
    const { body } = this.#received;
    if (body === undefined) return empty;
    if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
    this.#used = true;
    return body;
  }

  #real(): Request {
    if (this.#fetchRequest === undefined) {
      const { body, method } = this.#received;
      this.#fetchRequest = new Request(this.url, {
        method,
        headers: this.#headers?.real() ?? new LazyHeaders(this.#received.message.headers),
        body: body === undefined ? null : new Uint8Array(body),
      });
      // The body may have been read before: then the real one is read too, and says so when asked again.
      if (this.#used) void this.#fetchRequest.arrayBuffer();
    }
    return this.#fetchRequest;
  }
}

const empty = Buffer.alloc(0);

/** As fetch does it: a byte order mark is dropped, malformed sequences become U+FFFD. */
function decodeUtf8(bytes: Buffer): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', marked ? 3 : 0);
}
