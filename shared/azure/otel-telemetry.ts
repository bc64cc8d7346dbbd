import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type Counter,
  type Histogram,
  type Link,
  type Meter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/sdk-logs';
import { Failure } from '../failure.ts';
import {
  type Attributes,
  MAX_CAUSES,
  type OpenSpan,
  type SpanOptions,
  type Telemetry,
} from '../telemetry.ts';
import { TELEMETRY_ATTRIBUTES } from '../telemetry-names.ts';
import { KEEP } from './tail-sampling.ts';
import { spanContextOf, traceparentOf } from './trace-parent.ts';

/** Makes a log record a custom event of Application Insights. */
const EVENT_NAME = 'microsoft.custom_event.name';
/** OpenTelemetry's number for `info`. */
const INFO = 9;

export interface OtelParts {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly logger: ReturnType<LoggerProvider['getLogger']>;
  /** The share of traces that is kept, between 0 and 1. */
  readonly ratio: number;
  readonly close: () => Promise<void>;
}

/**
 * Telemetry by way of OpenTelemetry. All spans are of the kind `internal`: the host has told Application Insights of the
 * request that a span is part of, and a second one would count twice.
 */
export class OtelTelemetry implements Telemetry {
  readonly #parts: OtelParts;
  readonly #open = new AsyncLocalStorage<Span>();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(parts: OtelParts) {
    this.#parts = parts;
  }

  async span<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const links = causesOf(options.causes ?? []);
    const span = this.#start(name, options, this.#parentOf(options), links);
    const shared = links.map(({ context }) => {
      const parent = trace.setSpanContext(ROOT_CONTEXT, context).setValue(KEEP, true);
      return this.#start(name, options, parent, [{ context: span.spanContext() }]);
    });
    const all = [span, ...shared];
    const open: OpenSpan = {
      set: (attributes) => {
        for (const one of all) one.setAttributes(attributes);
      },
      fail: (type) => {
        for (const one of all) failed(one, type);
      },
    };
    try {
      return await this.#open.run(span, () => work(open));
    } catch (error) {
      open.fail(typeOf(error));
      throw error;
    } finally {
      for (const one of all) one.end();
    }
  }

  traceparent(kept = false): string | undefined {
    const context = this.#open.getStore()?.spanContext();
    if (context === undefined) return undefined;
    return traceparentOf(kept ? { ...context, traceFlags: TraceFlags.SAMPLED } : context);
  }

  event(name: string, attributes: Attributes, of: 'all' | 'sample' = 'all'): void {
    const span = this.#open.getStore();
    const isSampled = of === 'sample' && span !== undefined;
    if (isSampled && (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    this.#parts.logger.emit({
      eventName: name,
      severityNumber: INFO,
      context: span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span),
      attributes: {
        ...attributes,
        [EVENT_NAME]: name,
        ...(isSampled ? { [TELEMETRY_ATTRIBUTES.weight]: 1 / this.#parts.ratio } : {}),
      },
    });
  }

  count(name: string, value: number, attributes: Attributes): void {
    let counter = this.#counters.get(name);
    if (counter === undefined) this.#counters.set(name, (counter = this.#parts.meter.createCounter(name)));
    counter.add(value, attributes);
  }

  measure(name: string, value: number, attributes: Attributes): void {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      histogram = this.#parts.meter.createHistogram(name, { unit: 'ms' });
      this.#histograms.set(name, histogram);
    }
    histogram.record(value, attributes);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  #parentOf({ parent, always = false }: SpanOptions): Context {
    const remote = spanContextOf(parent);
    const span = this.#open.getStore();
    const context =
      remote !== undefined
        ? trace.setSpanContext(ROOT_CONTEXT, remote)
        : span === undefined
          ? ROOT_CONTEXT
          : trace.setSpan(ROOT_CONTEXT, span);
    // What a chosen span consists of is chosen, too.
    const isChosen = remote === undefined && isMarked(span);
    return always || isChosen ? context.setValue(KEEP, true) : context;
  }

  #start(name: string, { attributes = {} }: SpanOptions, parent: Context, links: Link[]): Span {
    return this.#parts.tracer.startSpan(
      name,
      { kind: SpanKind.INTERNAL, attributes: { ...attributes }, links },
      parent,
    );
  }
}

function isMarked(span: Span | undefined): boolean {
  return span !== undefined && (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** The different spans among the causes that are kept, the first of them. */
function causesOf(causes: readonly string[]): Link[] {
  const links: Link[] = [];
  for (const cause of new Set(causes)) {
    const context = spanContextOf(cause);
    if (context !== undefined && (context.traceFlags & TraceFlags.SAMPLED) !== 0) links.push({ context });
    if (links.length === MAX_CAUSES) break;
  }
  return links;
}

function failed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function typeOf(error: unknown): string {
  if (error instanceof Failure) return error.kind;
  return error instanceof Error ? error.name : typeof error;
}
