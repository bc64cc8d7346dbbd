import fc from 'fast-check';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { OtelTelemetry } from '../../../shared/azure/otel-telemetry.ts';
import { ratioSampler, TailSampling } from '../../../shared/azure/tail-sampling.ts';
import { spanContextOf, traceparentOf } from '../../../shared/azure/trace-parent.ts';
import { Failure } from '../../../shared/failure.ts';
import { MAX_CAUSES } from '../../../shared/telemetry.ts';

/** The trace ids that the sampler keeps, and those that it does not: it looks at the id as a number. */
const CHOSEN = '00000000000000000000000000000001';
const OTHER = 'ffffffff000000000000000000000000';
const DIGITS = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
const parentIn = (traceId: string, flags = '00') => `00-${traceId}-00000000000000aa-${flags}`;

function opened(ratio = 0.5) {
  const spans = new InMemorySpanExporter();
  const logs = new InMemoryLogRecordExporter();
  const tracers = new BasicTracerProvider({
    sampler: ratioSampler(ratio),
    spanProcessors: [new TailSampling([new SimpleSpanProcessor(spans)])],
  });
  const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] });
  const telemetry = new OtelTelemetry({
    tracer: tracers.getTracer('test'),
    logger: loggers.getLogger('test'),
    meter: new MeterProvider().getMeter('test'),
    ratio,
    close: () => tracers.shutdown(),
  });
  const sent = () => spans.getFinishedSpans();
  return { telemetry, sent, logs: () => logs.getFinishedLogRecords() };
}

const names = (spans: readonly ReadableSpan[]) => spans.map(({ name }) => name);
const nothing = () => Promise.resolve();

describe('sampling', () => {
  it('keeps the traces that their ids choose, and no others', async () => {
    const { telemetry, sent } = opened();
    for (const traceId of [CHOSEN, OTHER])
      await telemetry.span('work', { parent: parentIn(traceId) }, nothing);
    expect(sent().map((span) => span.spanContext().traceId)).toEqual([CHOSEN]);
  });

  it('keeps the whole of a trace in which something failed, also what ended before', async () => {
    const { telemetry, sent } = opened();
    const work = telemetry.span('request', { parent: parentIn(OTHER) }, async () => {
      await telemetry.span('first', {}, nothing);
      await telemetry.span('second', {}, () => Promise.reject(new Failure('unavailable', 'of Mrs Smith')));
    });
    await expect(work).rejects.toThrow('Mrs Smith');
    expect(names(sent())).toEqual(['first', 'second', 'request']);
    expect(sent()[1]?.attributes).toEqual({ 'error.type': 'unavailable' });
    expect(JSON.stringify(sent().map(({ status, events }) => ({ status, events })))).not.toContain('Smith');
  });

  it('keeps a trace in which something failed that was got over', async () => {
    const { telemetry, sent } = opened();
    await telemetry.span('request', { parent: parentIn(OTHER) }, async () => {
      await telemetry.span('first try', {}, (span) => Promise.resolve(span.fail('unavailable')));
      await telemetry.span('second try', {}, nothing);
    });
    expect(names(sent())).toEqual(['first try', 'second try', 'request']);
  });

  it("takes nothing over of the caller's own decision", async () => {
    const { telemetry, sent } = opened();
    await telemetry.span('work', { parent: parentIn(OTHER, '01') }, nothing);
    expect(sent()).toEqual([]);
  });

  it('keeps what is always kept', async () => {
    const { telemetry, sent } = opened();
    await telemetry.span('rare', { parent: parentIn(OTHER), always: true }, () =>
      telemetry.span('part', {}, nothing),
    );
    expect(names(sent())).toEqual(['part', 'rare']);
  });

  it('keeps events of many with their trace, and says for how many each stands', async () => {
    const { telemetry, logs } = opened(0.25);
    for (const traceId of [CHOSEN, OTHER]) {
      await telemetry.span('work', { parent: parentIn(traceId) }, async () => {
        telemetry.event('one of many', {}, 'sample');
        telemetry.event('rare', {});
      });
    }
    expect(logs().map(({ attributes, spanContext }) => [spanContext?.traceId, attributes])).toEqual([
      [CHOSEN, { 'microsoft.custom_event.name': 'one of many', weight: 4 }],
      [CHOSEN, { 'microsoft.custom_event.name': 'rare' }],
      [OTHER, { 'microsoft.custom_event.name': 'rare' }],
    ]);
  });
});

describe('work for many traces', () => {
  it('is a span of its own in each that is kept, beside the one of the work', async () => {
    const { telemetry, sent } = opened();
    const causes = [parentIn(OTHER, '01'), parentIn(CHOSEN, '00'), parentIn(OTHER, '01'), 'not one'];
    await telemetry.span('batch', { parent: parentIn(CHOSEN), causes }, nothing);
    const [batch, shared, ...more] = sent();
    expect(more).toEqual([]);
    expect(batch?.links.map(({ context }) => context.traceId)).toEqual([OTHER]);
    expect(shared?.spanContext().traceId).toBe(OTHER);
    expect(shared?.parentSpanContext?.spanId).toBe('00000000000000aa');
    expect(shared?.links[0]?.context.spanId).toBe(batch?.spanContext().spanId);
  });

  it('is bounded', async () => {
    const { telemetry, sent } = opened(1);
    const causes = Array.from({ length: 1_000 }, (_, n) =>
      parentIn((n + 1).toString(16).padStart(32, '0'), '01'),
    );
    await telemetry.span('batch', { causes }, nothing);
    expect(sent()).toHaveLength(MAX_CAUSES + 1);
  });
});

describe('a traceparent', () => {
  it('is read as it was written', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...DIGITS), minLength: length, maxLength: length });
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
        fc.pre(!/^0+$/.test(traceId) && !/^0+$/.test(spanId));
        const text = `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`;
        const context = spanContextOf(text);
        expect(context && traceparentOf(context)).toBe(text);
      }),
    );
  });

  it.each([
    undefined,
    '',
    'ff-00000000000000000000000000000001-00000000000000aa-01',
    '00-00000000000000000000000000000000-00000000000000aa-01',
    '00-00000000000000000000000000000001-0000000000000000-01',
    '00-0000000000000000000000000000000G-00000000000000aa-01',
  ])('is none: %s', (text) => {
    expect(spanContextOf(text)).toBeUndefined();
  });
});
