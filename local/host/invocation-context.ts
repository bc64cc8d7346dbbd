import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { LogLevel, RpcTraceContext } from './core-types.ts';

export type ContextLog = (level: LogLevel, args: readonly unknown[], context: HostInvocationContext) => void;

/**
 * What every invocation of one function has in common; made once.
 */
export interface ContextKind {
  readonly functionName: string;
  /** The function's bindings as the library shows them. */
  readonly options: object;
  readonly log: ContextLog;
}

/** Extra inputs or outputs of one invocation, by binding or by its name. */
export class BindingValues {
  #values = new Map<string, unknown>();

  get(binding: { readonly name: string } | string): unknown {
    return this.#values.get(typeof binding === 'string' ? binding : binding.name);
  }

  set(binding: { readonly name: string } | string, value: unknown): void {
    this.#values.set(typeof binding === 'string' ? binding : binding.name, value);
  }
}

/**
 * An `InvocationContext` that costs little to make: what a handler rarely looks at is made when it does.
 * For triggers whose conversion the host does itself; all others get the library's own.
 */
export class HostInvocationContext {
  readonly invocationId: string;
  readonly functionName: string;
  /** Set while the context is in the app's hands; a log call after that is reported as a mistake. */
  finished = false;
  /** Set while postInvocation hooks run: they may log. */
  inPostHooks = false;
  readonly #kind: ContextKind;
  readonly #message: Pick<IncomingMessage, 'headers'>;
  #extraInputs: BindingValues | undefined;
  #extraOutputs: BindingValues | undefined;
  #options: object | undefined;
  #traceContext: RpcTraceContext | undefined;

  /** @param message whose trace headers, if any, the invocation continues */
  constructor(kind: ContextKind, invocationId: string, message: Pick<IncomingMessage, 'headers'>) {
    this.#kind = kind;
    this.invocationId = invocationId;
    this.functionName = kind.functionName;
    this.#message = message;
  }

  get extraInputs(): BindingValues {
    this.#extraInputs ??= new BindingValues();
    return this.#extraInputs;
  }

  get extraOutputs(): BindingValues {
    this.#extraOutputs ??= new BindingValues();
    return this.#extraOutputs;
  }

  get options(): object {
    this.#options ??= structuredClone(this.#kind.options);
    return this.#options;
  }

  get traceContext(): RpcTraceContext {
    if (this.#traceContext === undefined) {
      const { traceparent, tracestate } = this.#message.headers;
      this.#traceContext = makeTraceContext(traceparent, tracestate);
    }
    return this.#traceContext;
  }

  get retryContext(): undefined {
    return undefined;
  }

  get triggerMetadata(): undefined {
    return undefined;
  }

  log(...args: unknown[]): void {
    this.#kind.log('information', args, this);
  }

  trace(...args: unknown[]): void {
    this.#kind.log('trace', args, this);
  }

  debug(...args: unknown[]): void {
    this.#kind.log('debug', args, this);
  }

  info(...args: unknown[]): void {
    this.#kind.log('information', args, this);
  }

  warn(...args: unknown[]): void {
    this.#kind.log('warning', args, this);
  }

  error(...args: unknown[]): void {
    this.#kind.log('error', args, this);
  }
}

/**
 * The host's own span inside the caller's trace, or a new trace where the caller has none (W3C Trace Context,
 * version 00).
 */
export function makeTraceContext(
  parent: string | string[] | undefined,
  state: string | string[] | undefined,
): RpcTraceContext {
  const caller = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/.exec(
    typeof parent === 'string' ? parent : '',
  );
  const span = randomBytes(8).toString('hex');
  if (caller === null || /^0+$/.test(caller[1] ?? '')) {
    return {
      traceParent: `00-${randomBytes(16).toString('hex')}-${span}-00`,
      traceState: '',
      attributes: {},
    };
  }
  return {
    traceParent: `00-${caller[1] ?? ''}-${span}-${caller[3] ?? ''}`,
    traceState: Array.isArray(state) ? state.join(',') : (state ?? ''),
    attributes: {},
  };
}
