/** Values that describe a span, an event or a metric: names of the app's own things, never what a caller sent. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly attributes?: Attributes;
  /** The W3C `traceparent` that it goes on from; absent: the span that is open here. */
  readonly parent?: string | undefined;
  /** Kept whatever the sampling says: what happens rarely. */
  readonly always?: boolean;
  /**
   * The `traceparent`s of what this is done for, where that is many things of many traces. Each of their traces that is
   * kept gets a span of the same name and time, at most `MAX_CAUSES` of them, linked with this one.
   */
  readonly causes?: readonly string[];
}

/** A span while its work goes on. */
export interface OpenSpan {
  set(attributes: Attributes): void;
  /** Says that the work has failed without an error that is thrown. @param type what kind of failure */
  fail(type: string): void;
}

/** Where the app says what it does. Nothing here throws, and nothing waits for anybody. */
export interface Telemetry {
  /** Does work within a span. An error passes through; of it the span says its type only, as messages may quote values. */
  span<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** The W3C `traceparent` of the span that is open here. @param kept whether its trace is sure to be kept */
  traceparent(kept?: boolean): string | undefined;
  /** @param of `sample`: one of very many, kept with the share of traces that is kept */
  event(name: string, attributes: Attributes, of?: 'all' | 'sample'): void;
  /** Adds to a counter. */
  count(name: string, value: number, attributes: Attributes): void;
  /** Adds a value to a histogram, in milliseconds. */
  measure(name: string, value: number, attributes: Attributes): void;
  /** Sends what is left, but waits no longer than two seconds. */
  close(): Promise<void>;
}

/** Traces that one span is done for and that each get a span of their own. */
export const MAX_CAUSES = 32;

const NO_SPAN: OpenSpan = { set: () => undefined, fail: () => undefined };

/** Telemetry that is off. */
export const NO_TELEMETRY: Telemetry = {
  span: (_name, _options, work) => work(NO_SPAN),
  traceparent: () => undefined,
  event: () => undefined,
  count: () => undefined,
  measure: () => undefined,
  close: () => Promise.resolve(),
};
