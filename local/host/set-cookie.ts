import type { RpcHttpCookie } from './core-types.ts';

const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

/**
 * One Set-Cookie header value, in the form and order in which ASP.NET Core (Azure's host) writes it: the value
 * percent-encoded, the path `/` unless given.
 * @throws Error when the cookie's name is not a token of RFC 6265
 */
export function formatSetCookie(cookie: RpcHttpCookie): string {
  const name = cookie.name ?? '';
  if (!token.test(name)) throw new Error(`Invalid cookie name: '${name}'`);
  const parts = [`${name}=${escapeData(cookie.value ?? '')}`];
  const expires = cookie.expires?.value?.seconds;
  if (expires != null) parts.push(`expires=${new Date(expires * 1_000).toUTCString()}`);
  const maxAge = cookie.maxAge?.value;
  if (maxAge != null) parts.push(`max-age=${String(Math.trunc(maxAge))}`);
  const domain = cookie.domain?.value;
  if (domain != null && domain !== '') parts.push(`domain=${domain}`);
  const path = cookie.path == null ? '/' : cookie.path.value;
  if (path != null && path !== '') parts.push(`path=${path}`);
  if (cookie.secure?.value === true) parts.push('secure');
  const sameSite = { lax: 'lax', strict: 'strict', explicitNone: 'none', none: undefined }[
    cookie.sameSite ?? 'none'
  ];
  if (sameSite !== undefined) parts.push(`samesite=${sameSite}`);
  if (cookie.httpOnly?.value === true) parts.push('httponly');
  return parts.join('; ');
}

/** .NET's Uri.EscapeDataString: as encodeURIComponent, but only RFC 3986's unreserved letters stay. */
function escapeData(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
