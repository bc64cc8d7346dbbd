import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppLog } from './app-log.ts';
import type {
  Binding,
  FunctionMetadata,
  RetryOptions,
  RpcInvocationResponse,
  RpcRetryContext,
  RpcTypedData,
} from './core-types.ts';
import type { RegisteredFunction } from './app-registry.ts';

/** A function whose bindings are understood; `%NAME%` in them is replaced (not in `metadata`). */
export interface IndexedFunction {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly callback: RegisteredFunction['callback'];
  readonly trigger: Binding & { readonly name: string };
  /** Inputs beside the trigger, each with the provider of its values. */
  readonly extraInputs: readonly {
    readonly binding: Binding & { readonly name: string };
    readonly provider: InputProvider;
  }[];
  readonly retry: RetryOptions | undefined;
  /** Switched off by a setting: it keeps its place but is not invoked. */
  readonly disabled: boolean;
}

/** Makes the values of input bindings of certain types (such as `durableClient`). */
export interface InputProvider {
  /** Binding types in lower case. */
  readonly types: readonly string[];
  provide(binding: Binding, target: IndexedFunction): RpcTypedData | Promise<RpcTypedData>;
}

export interface TriggerInvocation {
  /** The trigger's value, as Azure's host sends it. */
  readonly data: RpcTypedData;
  readonly triggerMetadata?: Record<string, RpcTypedData> | undefined;
  readonly retryContext?: RpcRetryContext | undefined;
}

/** What the host offers to drivers. */
export interface HostServices {
  readonly log: AppLog;
  readonly environment: NodeJS.ProcessEnv;
  /** A folder that lasts, the same for all hosts of the app; it exists. */
  readonly stateDirectory: string;
  /** The host's own address, such as `http://127.0.0.1:7071`. */
  readonly baseUrl: string;
  /**
   * Runs a function once through the library, with its hooks. Failures are logged here.
   * @returns the library's response: the return value and the output bindings' values
   * @throws the function's error
   */
  invoke(target: IndexedFunction, invocation: TriggerInvocation): Promise<RpcInvocationResponse>;
  /**
   * The key that opens an extension's webhooks; it is made when first asked for.
   * @returns undefined where the host asks for no keys
   */
  systemKey(name: string): Promise<string | undefined>;
  /**
   * Serves all requests whose path begins with the given one, whatever the app's routes say
   * (`/runtime/webhooks/…`). The listener reads the body itself.
   */
  mount(path: string, listener: (request: IncomingMessage, response: ServerResponse) => void): void;
}

/**
 * Watches for what starts functions of certain trigger types, and invokes them. One driver of each kind exists
 * in a host. Order of calls: `add` for each function while the app is indexed, `start` once, `stop` once.
 */
export interface TriggerDriver {
  /** Binding types of the triggers, in lower case. */
  readonly triggers: readonly string[];
  /** Inputs that this driver's extension brings along. */
  readonly inputs?: readonly InputProvider[];
  /** Types of output bindings that the driver handles itself, in lower case. */
  readonly outputs?: readonly string[];
  /**
   * Takes a function in.
   * @returns one line that describes when it runs
   * @throws Error when its options are wrong; that function is then left out and the others run
   */
  add(target: IndexedFunction): string;
  start(): Promise<void> | void;
  /** Starts nothing new; resolves when what runs has ended. */
  stop(): Promise<void>;
}
