import { z } from 'zod';
import { textOf } from './bicep-text.ts';

const sourceSchema = z.object({ type: z.string(), uid: z.string() });
const targetSchema = z.object({
  refId: z.string(),
  datasource: sourceSchema,
  expr: z.string().optional(),
  azureLogAnalytics: z.object({ query: z.string(), resources: z.array(z.string()) }).optional(),
});
const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number(),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), query: z.unknown() })),
  }),
  panels: z.array(
    z.object({
      id: z.int(),
      type: z.string(),
      title: z.string(),
      description: z.string().optional(),
      datasource: sourceSchema.optional(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      fieldConfig: z.object({ defaults: z.object({ thresholds: z.unknown().optional() }) }).optional(),
      targets: z.array(targetSchema).default([]),
    }),
  ),
});

/** The Grafana dashboard as it is written. */
export const dashboardText = textOf('infra-bicep', 'grafana', 'tollgate.json');

export const { panels, templating } = dashboardSchema.parse(JSON.parse(dashboardText));

/** The PromQL of every panel that asks Prometheus. */
export const expressions = panels.flatMap(({ title, targets }) =>
  targets.flatMap(({ expr }) => (expr === undefined ? [] : [{ title, expr }])),
);

/** The KQL of every panel that asks Azure Monitor. */
export const logQueries = panels.flatMap(({ title, type, targets }) =>
  targets.flatMap(({ azureLogAnalytics: logs }) =>
    logs === undefined ? [] : [{ title, type, query: logs.query }],
  ),
);
