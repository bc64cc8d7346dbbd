import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { directHttpInvocation, libraryHttpInvocation, type HttpInvocation } from './http-invoker.ts';
import { writeEmpty } from './http-reply.ts';
import type { Invoker } from './invoker.ts';
import { keyCheck, readOrCreateKeys, type AuthLevel } from './keys.ts';
import { hasBody, readBody } from './read-body.ts';
import { Router } from './router.ts';
import type { IndexedFunction, TriggerDriver } from './trigger-driver.ts';

/** Azure's default, `maxRequestBodySize` of its host. */
const bodyLimit = 104_857_600;

const httpTrigger = z.looseObject({
  authLevel: z
    .string()
    .transform((level) => level.toLowerCase())
    .pipe(z.enum(['anonymous', 'function', 'admin']))
    .default('function'),
  methods: z.array(z.string()).default([]),
  route: z.string().optional(),
});

interface HttpFunction {
  readonly target: IndexedFunction;
  readonly authLevel: AuthLevel;
  invocation: HttpInvocation;
  allowed: (message: IncomingMessage) => boolean;
}

export interface HttpDriverOptions {
  readonly routePrefix: string;
  readonly baseUrl: string;
  /** `direct` calls handlers with the host's own request where it can; `library` never does. */
  readonly conversion: 'direct' | 'library';
  /** Where the keys are; undefined: no key is asked for. */
  readonly keysFile: string | undefined;
}

/** Serves HTTP-triggered functions. Its `handle` is given every request once the app is loaded. */
export class HttpDriver implements TriggerDriver {
  readonly triggers = ['httptrigger'];
  readonly #invoker: Invoker;
  readonly #options: HttpDriverOptions;
  readonly #router = new Router<HttpFunction>();
  readonly #functions: HttpFunction[] = [];
  readonly #ownAuthority: string;

  constructor(invoker: Invoker, options: HttpDriverOptions) {
    this.#invoker = invoker;
    this.#options = options;
    this.#ownAuthority = new URL(options.baseUrl).host;
  }

  add(target: IndexedFunction): string {
    const { authLevel, methods, route } = httpTrigger.parse(target.trigger);
    const { routePrefix, baseUrl } = this.#options;
    const own = route === undefined || route === '' ? target.name : route;
    if (/^[/~]/.test(own)) throw new Error(`its route '${own}' cannot start with '/' or '~'.`);
    const template = routePrefix === '' ? own : `${routePrefix}/${own}`;
    if (/^(?:admin|runtime)(?:\/|$)/i.test(template)) {
      throw new Error(`its route '${template}' conflicts with the host's own routes.`);
    }
    const httpFunction: HttpFunction = {
      target,
      authLevel,
      invocation: libraryHttpInvocation(this.#invoker, target),
      allowed: () => true,
    };
    this.#router.add(template, methods, httpFunction);
    this.#functions.push(httpFunction);
    if (target.retry !== undefined) {
      this.#invoker.log.general('warning', `'${target.name}': retry policies do not apply to HTTP triggers.`);
    }
    const verbs =
      methods.length === 0 ? 'any method' : methods.map((method) => method.toUpperCase()).join(',');
    return `[${verbs}] ${baseUrl}/${template}`;
  }

  async start(): Promise<void> {
    const { keysFile, conversion } = this.#options;
    if (keysFile !== undefined) {
      const names = this.#functions.map(({ target }) => target.name);
      const keys = await readOrCreateKeys(keysFile, names);
      for (const one of this.#functions) one.allowed = keyCheck(keys, one.target.name, one.authLevel);
    }
    if (conversion === 'library') return;
    await Promise.all(
      this.#functions.map(async (one) => {
        one.invocation = await directHttpInvocation(this.#invoker, one.target);
      }),
    );
  }

  /** What runs ends with its connection, which the server waits for. */
  async stop(): Promise<void> {
    await Promise.resolve();
  }

  /** Answers one request: finds the function, checks the key, collects the body, invokes. */
  handle(message: IncomingMessage, response: ServerResponse): void {
    const method = message.method ?? 'GET';
    const target = originForm(message.url ?? '/');
    const query = target.indexOf('?');
    const path = query < 0 ? target : target.slice(0, query);
    const match = this.#router.match(method, path);
    if (match === undefined) {
      writeEmpty(response, 404);
      return;
    }
    const { target: httpFunction, values } = match;
    if (!httpFunction.allowed(message)) {
      writeEmpty(response, 401);
      return;
    }
    if (httpFunction.target.disabled) {
      writeEmpty(response, 404);
      return;
    }
    const authority = message.headers.host ?? this.#ownAuthority;
    if (!isAuthority(authority)) {
      writeEmpty(response, 400, ['connection', 'close']);
      return;
    }
    const received = { message, method, target, authority, params: values };
    if (!hasBody(message)) {
      httpFunction.invocation({ ...received, body: undefined }, response);
      return;
    }
    readBody(message, bodyLimit, (outcome) => {
      if (outcome.kind === 'too-large') {
        // The rest of the body is not worth reading.
        response.once('finish', () => message.destroy());
        writeEmpty(response, 413, ['connection', 'close']);
        return;
      }
      const body = outcome.body?.length === 0 ? undefined : outcome.body;
      httpFunction.invocation({ ...received, body }, response);
    });
  }
}

/** A proxy's request target names the whole URL. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const absolute = /^https?:\/\/[^/?#]*(.*)$/is.exec(target);
  if (absolute === null) return `/${target}`;
  const rest = absolute[1] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

let lastAuthority = '';

/** Whether a Host header can be part of a URL. Callers rarely change it, so the last good one is remembered. */
function isAuthority(authority: string): boolean {
  if (authority === lastAuthority) return true;
  if (!/^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(authority)) return false;
  if (!URL.canParse(`http://${authority}/`)) return false;
  lastAuthority = authority;
  return true;
}
