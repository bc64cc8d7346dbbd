import type { IncomingHttpHeaders } from 'node:http';

/**
 * A request's headers as one record, as the library is given them: a header that came several times is joined
 * with commas.
 */
export function headerRecord(incoming: IncomingHttpHeaders): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming)) {
    if (value !== undefined) record[name] = typeof value === 'string' ? value : value.join(',');
  }
  return record;
}

/**
 * A fetch `Headers` over the headers that node:http has parsed. Reading single headers needs no `Headers`
 * object; anything else makes a real one and leaves the work to it.
 */
export class LazyHeaders implements Headers {
  #incoming: IncomingHttpHeaders;
  #real: Headers | undefined;

  constructor(incoming: IncomingHttpHeaders) {
    this.#incoming = incoming;
  }

  /** The real object; once made, it alone holds the truth. */
  real(): Headers {
    this.#real ??= new Headers(headerRecord(this.#incoming));
    return this.#real;
  }

  get(name: string): string | null {
    if (this.#real === undefined) {
      const value: unknown = this.#incoming[typeof name === 'string' ? name.toLowerCase() : ''];
      // Not a string: absent, repeated, or a member of Object.prototype.
      if (typeof value === 'string') return value;
    }
    return this.real().get(name);
  }

  has(name: string): boolean {
    if (this.#real === undefined) {
      const value: unknown = this.#incoming[typeof name === 'string' ? name.toLowerCase() : ''];
      if (typeof value === 'string') return true;
    }
    return this.real().has(name);
  }

  append(name: string, value: string): void {
    this.real().append(name, value);
  }

  delete(name: string): void {
    this.real().delete(name);
  }

  set(name: string, value: string): void {
    this.real().set(name, value);
  }

  getSetCookie(): string[] {
    return this.real().getSetCookie();
  }

  forEach(callback: (value: string, key: string, iterable: Headers) => void, thisArgument?: unknown): void {
    this.real().forEach((value, key) => {
      Reflect.apply(callback, thisArgument, [value, key, this]);
    });
  }

  keys(): ReturnType<Headers['keys']> {
    return this.real().keys();
  }

  values(): ReturnType<Headers['values']> {
    return this.real().values();
  }

  entries(): ReturnType<Headers['entries']> {
    return this.real().entries();
  }

  [Symbol.iterator](): ReturnType<Headers['entries']> {
    return this.real()[Symbol.iterator]();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }
}

// `headers instanceof Headers` holds, as it does for the library's request.
Object.setPrototypeOf(LazyHeaders.prototype, Headers.prototype);
