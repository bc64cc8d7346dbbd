import { randomUUID } from 'node:crypto';
import {
  type AzureMonitorExporterOptions,
  AzureMonitorLogExporter,
  AzureMonitorMetricExporter,
  AzureMonitorTraceExporter,
} from '@azure/monitor-opentelemetry-exporter';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TelemetrySettings } from '../config.ts';
import type { Telemetry } from '../telemetry.ts';
import { credentialFor } from './identity.ts';
import { OtelTelemetry } from './otel-telemetry.ts';
import { ratioSampler, TailSampling } from './tail-sampling.ts';

const NAME = 'tollgate';
/** The host gives 5 seconds for the end, and the log needs three of them. Milliseconds. */
const CLOSE_MS = 2_000;
const EXPORT_MS = 10_000;
const METRICS_EVERY_MS = 60_000;

/** How Application Insights is reached where it is not over the network. */
type Transport = Pick<AzureMonitorExporterOptions, 'httpClient'>;

/** Starts to send. What cannot be sent is dropped: no caller waits for telemetry, and none fails with it. */
export async function startTelemetry(
  settings: TelemetrySettings,
  transport: Transport = {},
): Promise<Telemetry> {
  const { ratio } = settings;
  const exporters = [...(await azureExporters(settings, transport)), ...otlpExporters(settings)];
  const resource = resourceFromAttributes({ 'service.name': NAME, 'service.instance.id': randomUUID() });
  const bounds = { exportTimeoutMillis: EXPORT_MS };
  const spans = exporters.map(({ traces }) => new BatchSpanProcessor(traces, bounds));
  const tracers = new BasicTracerProvider({
    resource,
    sampler: ratioSampler(ratio),
    spanProcessors: [new TailSampling(spans)],
  });
  const loggers = new LoggerProvider({
    resource,
    processors: exporters.map(({ logs }) => new BatchLogRecordProcessor({ exporter: logs, ...bounds })),
  });
  const meters = new MeterProvider({
    resource,
    readers: exporters.map(
      ({ metrics }) =>
        new PeriodicExportingMetricReader({
          exporter: metrics,
          exportIntervalMillis: METRICS_EVERY_MS,
          exportTimeoutMillis: EXPORT_MS,
        }),
    ),
  });
  return new OtelTelemetry({
    tracer: tracers.getTracer(NAME),
    logger: loggers.getLogger(NAME),
    meter: meters.getMeter(NAME),
    ratio,
    close: () => atMost(CLOSE_MS, [tracers.shutdown(), loggers.shutdown(), meters.shutdown()]),
  });
}

/** Application Insights takes telemetry by identity alone where local authentication is off. */
async function azureExporters({ insights, clientId }: TelemetrySettings, transport: Transport) {
  if (insights === undefined) return [];
  const options = {
    ...transport,
    connectionString: insights,
    // What it could not send would stay on a disk that goes with the instance.
    disableOfflineStorage: true,
    ...(clientId === undefined ? {} : { credential: await credentialFor(clientId) }),
  };
  return [
    {
      traces: new AzureMonitorTraceExporter(options),
      logs: new AzureMonitorLogExporter(options),
      metrics: new AzureMonitorMetricExporter(options),
    },
  ];
}

/** OTLP over HTTP as JSON. Headers come from `OTEL_EXPORTER_OTLP_HEADERS`, which the exporters read. */
function otlpExporters({ collector }: TelemetrySettings) {
  if (collector === undefined) return [];
  const url = (signal: string) => `${collector.replace(/\/+$/, '')}/v1/${signal}`;
  return [
    {
      traces: new OTLPTraceExporter({ url: url('traces') }),
      logs: new OTLPLogExporter({ url: url('logs') }),
      metrics: new OTLPMetricExporter({ url: url('metrics') }),
    },
  ];
}

/** Waits for all of them, however they end, or for the time. */
async function atMost(ms: number, ends: readonly Promise<unknown>[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([Promise.allSettled(ends), promise]);
  clearTimeout(timer);
}
