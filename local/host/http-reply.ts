import type { ServerResponse } from 'node:http';
import type { RpcHttpData } from './core-types.ts';
import { formatSetCookie } from './set-cookie.ts';

/** A reply that is ready to be written. */
export interface Reply {
  readonly status: number;
  /** Names and values in turn; names in lower case and sorted, as fetch's `Headers` lists them. */
  readonly headers: string[];
  readonly body: string | Uint8Array;
}

const noHeaders: readonly string[] = [];
const emptyReply: Reply = { status: 200, headers: [], body: '' };
const headerName = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
// Neither white space at the ends, which fetch trims, nor control characters, which it refuses.
const headerValue = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
/** Described by the connection itself; what a function says about them would break the reply. */
const connectionHeaders = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Azure answers 204 when an HTTP function returns nothing. */
export const nothingReturned: Reply = { ...emptyReply, status: 204 };

/**
 * The reply for a plain object that a handler returned, made without the library where that surely gives the same
 * bytes as the library: a status, headers in a plain object, and a body of JSON, text or bytes. Undefined for
 * everything else (class instances, cookies, streams, forms, odd values), which the library must convert.
 * @throws whatever the conversion of `jsonBody` to JSON throws
 */
export function plainReply(result: object): Reply | undefined {
  if (!isPlain(result)) return undefined;
  const { status = 200, headers, body, jsonBody, cookies } = result;
  if (cookies !== undefined && !(Array.isArray(cookies) && cookies.length === 0)) return undefined;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    return undefined;
  const list = headers === undefined ? [] : plainHeaders(headers);
  if (list === undefined) return undefined;
  if (hasNoBody(status)) return { status, headers: list, body: '' };
  if (jsonBody !== undefined && jsonBody !== null) {
    const text: unknown = JSON.stringify(jsonBody);
    if (typeof text !== 'string') return undefined;
    return { status, headers: withContentType(list, 'application/json'), body: text };
  }
  if (body === undefined || body === null) return { status, headers: list, body: '' };
  if (typeof body === 'string') {
    return { status, headers: withContentType(list, 'text/plain;charset=UTF-8'), body };
  }
  // A copy, as the library makes one: the handler may use its buffer again before the socket took it.
  if (body instanceof Uint8Array) return { status, headers: list, body: Buffer.from(body) };
  return undefined;
}

/** The reply in the library's own conversion of a handler's result. */
export function rpcReply(http: RpcHttpData): Reply {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    if (!connectionHeaders.has(name)) headers.push(name, value);
  }
  for (const cookie of http.cookies ?? []) headers.push('set-cookie', formatSetCookie(cookie));
  const body = http.body;
  return {
    status: Number(http.statusCode ?? 200),
    headers,
    body: body?.bytes ?? body?.string ?? body?.json ?? '',
  };
}

/** Writes a reply and ends the response. */
export function writeReply(response: ServerResponse, reply: Reply): void {
  const { status, headers, body } = reply;
  if (status === 204 || status === 304) {
    // HTTP forbids these a length.
    response.writeHead(status, headers);
    response.end();
    return;
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  headers.push('content-length', String(length));
  response.writeHead(status, headers);
  response.end(body);
}

/** Answers without a body: what the host itself says (404, 401, 413, 500, 503) looks like this. */
export function writeEmpty(response: ServerResponse, status: number, headers = noHeaders): void {
  writeReply(response, { status, headers: [...headers], body: '' });
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The statuses to which fetch's `Response`, and so the library, gives no body. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function plainHeaders(headers: unknown): string[] | undefined {
  if (typeof headers !== 'object' || headers === null || !isPlain(headers)) return undefined;
  const names = Object.keys(headers);
  const list: string[] = [];
  for (const name of names) {
    const raw = headers[name];
    const value = typeof raw === 'number' ? String(raw) : raw;
    if (typeof value !== 'string' || !headerValue.test(value) || !headerName.test(name)) return undefined;
    const lower = name.toLowerCase();
    if (!connectionHeaders.has(lower) && !insertSorted(list, lower, value)) return undefined;
  }
  return list;
}

/** Adds a header at its place in the sorted list; false when the name is already there. */
function insertSorted(list: string[], name: string, value: string): boolean {
  let place = list.length;
  while (place > 0) {
    const before = list[place - 2];
    if (before === undefined || before < name) break;
    if (before === name) return false;
    place -= 2;
  }
  if (place === list.length) list.push(name, value);
  else list.splice(place, 0, name, value);
  return true;
}

/** Where the function named a content type, that one stands. */
function withContentType(list: string[], type: string): string[] {
  insertSorted(list, 'content-type', type);
  return list;
}
