import type { HubStore } from '../hub-store.ts';
import type { WebhookAddress } from './management-urls.ts';

/** What the app has of one kind, found by names in any case. */
export interface KnownFunctions {
  find(name: string): unknown;
  readonly names: readonly string[];
}

/** What the web API works with. */
export interface ApiContext {
  readonly store: HubStore;
  readonly hubName: string;
  /** Asked at every request, because the port and the key are known late. */
  readonly address: () => WebhookAddress;
  readonly orchestrators: KnownFunctions;
  readonly entities: KnownFunctions;
  /** Of instances started without a version. */
  readonly defaultVersion: string | undefined;
  readonly overridableExistingInstanceStates: 'AnyState' | 'NonRunningStates';
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 32 lower-case hex digits, never given out before. */
  readonly newId: () => string;
  /** Told of every error that a caller gets as a mere 500. */
  readonly failed: (error: unknown) => void;
}
