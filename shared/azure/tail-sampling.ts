import { type Context, createContextKey, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import {
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type Span,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';

/** In a context under which spans are kept whatever the ratio says. */
export const KEEP = createContextKey('tollgate: keep');

/**
 * Decides by the trace's id, so that every process decides the same about a trace. What is not chosen is recorded all the
 * same: whether it failed is known at its end only. Of the caller's own decision nothing is taken over, as a caller that
 * keeps everything would make the bank pay for it here.
 * @param ratio between 0 and 1
 */
export function ratioSampler(ratio: number): Sampler {
  const byTrace = new TraceIdRatioBasedSampler(ratio);
  return {
    shouldSample: (context, traceId) => {
      const isKept =
        context.getValue(KEEP) === true ||
        byTrace.shouldSample(context, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
      return { decision: isKept ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.RECORD };
    },
    toString: () => `ratio of ${ratio}, and all failures`,
  };
}

/** The spans of one trace that are open in this process at once. */
interface Tree {
  open: number;
  failed: boolean;
  readonly ended: ReadableSpan[];
}

/**
 * Holds the spans of an invocation back until the last of them has ended, and hands them on where the sampler chose them
 * or one of them failed.
 */
export class TailSampling implements SpanProcessor {
  readonly #next: readonly SpanProcessor[];
  /** By the id of a span that is open. */
  readonly #trees = new Map<string, Tree>();

  constructor(next: readonly SpanProcessor[]) {
    this.#next = next;
  }

  onStart(span: Span, context: Context): void {
    const parent = span.parentSpanContext;
    const found = parent === undefined ? undefined : this.#trees.get(parent.spanId);
    const tree = found ?? { open: 0, failed: false, ended: [] };
    tree.open += 1;
    this.#trees.set(span.spanContext().spanId, tree);
    for (const next of this.#next) next.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    const { spanId } = span.spanContext();
    const tree = this.#trees.get(spanId);
    if (tree === undefined) return;
    this.#trees.delete(spanId);
    tree.open -= 1;
    tree.failed ||= span.status.code === SpanStatusCode.ERROR;
    tree.ended.push(span);
    if (tree.open === 0) this.#handOn(tree);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#next.map((next) => next.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#next.map((next) => next.shutdown()));
  }

  #handOn({ failed, ended }: Tree): void {
    for (const span of ended) {
      const context = span.spanContext();
      const isChosen = (context.traceFlags & TraceFlags.SAMPLED) !== 0;
      if (!isChosen && !failed) continue;
      // Processors after this one leave out what is not marked as sampled.
      context.traceFlags |= TraceFlags.SAMPLED;
      for (const next of this.#next) next.onEnd(span);
    }
  }
}
