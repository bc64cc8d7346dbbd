/**
 * The types of the `@azure/functions-core` module: what a Functions app's library and the process that
 * runs it say to each other. The module exists only at run time (the Node worker of Azure Functions
 * provides it there, this host provides it here), so no package declares it.
 * Shapes follow the worker's public contract; only what this host uses is declared.
 */

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type LogCategory = 'user' | 'system' | 'customMetric';

/** A registered function's own callback: the trigger's inputs, then the invocation context. */
export type FunctionCallback = (...args: unknown[]) => unknown;

/** One input or output of a function. `type` of a trigger ends with `Trigger`. */
export interface Binding {
  readonly type: string;
  readonly name?: string | undefined;
  readonly direction?: string | undefined;
  readonly [option: string]: unknown;
}

/** A length of time; the library rounds to whole seconds. */
export interface RpcDuration {
  readonly seconds: number;
}

export interface RetryOptions {
  readonly retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  /** -1 means without end. */
  readonly maxRetryCount: number;
  readonly delayInterval?: RpcDuration | undefined;
  readonly minimumInterval?: RpcDuration | undefined;
  readonly maximumInterval?: RpcDuration | undefined;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly functionId: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions | undefined;
}

/** A value on its way between host and library; exactly one member is set. */
export interface RpcTypedData {
  string?: string | null;
  json?: string | null;
  bytes?: Uint8Array | null;
  http?: RpcHttpData | null;
  int?: number | null;
  double?: number | null;
  collectionString?: { string: string[] } | null;
  collectionBytes?: { bytes: Uint8Array[] } | null;
}

export interface RpcHttpCookie {
  name?: string | null;
  value?: string | null;
  domain?: { value?: string | null } | null | undefined;
  path?: { value?: string | null } | null | undefined;
  expires?: { value?: { seconds?: number | null } | null } | null | undefined;
  secure?: { value?: boolean | null } | null | undefined;
  httpOnly?: { value?: boolean | null } | null | undefined;
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone' | null;
  maxAge?: { value?: number | null } | null | undefined;
}

export interface RpcHttpData {
  method?: string;
  url?: string;
  statusCode?: string;
  headers?: Record<string, string>;
  body?: RpcTypedData | null | undefined;
  cookies?: RpcHttpCookie[];
  nullableHeaders?: Record<string, { value: string }>;
  nullableParams?: Record<string, { value: string }>;
  nullableQuery?: Record<string, { value: string }>;
}

export interface RpcRetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { message: string; stackTrace: string; source: string };
}

export interface RpcTraceContext {
  traceParent: string;
  traceState?: string;
  attributes?: Record<string, string>;
}

export interface RpcInvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: { name: string; data: RpcTypedData }[];
  triggerMetadata?: Record<string, RpcTypedData> | undefined;
  traceContext?: RpcTraceContext | undefined;
  retryContext?: RpcRetryContext | undefined;
}

export interface RpcInvocationResponse {
  invocationId: string;
  returnValue?: RpcTypedData | null;
  outputData?: { name: string; data: RpcTypedData }[];
}

export type InvocationState = 'preInvocationHooks' | 'postInvocationHooks' | 'invocation';

/** What the library is told about one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: RpcInvocationRequest;
  readonly metadata: FunctionMetadata;
  state?: InvocationState | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

/** The library's conversion of one invocation, made anew each time. */
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<RpcInvocationResponse>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(
    defaults: Record<string, string>,
  ): Record<string, string> | Promise<Record<string, string>>;
}

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';
export type HookCallback = (context: object) => unknown;
export type HookData = Record<string, unknown>;

/** The part of a hook's context that every hook shares; both members are read-only for the hook. */
export interface HookContext {
  readonly hookData: HookData;
  readonly appHookData: HookData;
}

export interface PreInvocationHookContext extends HookContext {
  readonly invocationContext: unknown;
  inputs: unknown[];
  functionCallback: FunctionCallback;
}

export interface PostInvocationHookContext extends HookContext {
  readonly invocationContext: unknown;
  inputs: unknown[];
  result: unknown;
  error: unknown;
}

export interface LogHookContext extends HookContext {
  level: LogLevel;
  message: string;
  readonly category: LogCategory;
  readonly invocationContext: unknown;
}
