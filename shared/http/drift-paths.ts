import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { driftWindowSchema, reportIdSchema } from '../drift/check-window.ts';
import { driftReportSchema } from '../drift/report.ts';
import { modelNameSchema } from '../registry/rows.ts';
import { json, ok, params, refused } from './openapi-parts.ts';
import { pagingSchema } from './paging.ts';

const modelPath = z.object({ model: modelNameSchema });
const reportSchema = driftReportSchema.meta({ id: 'DriftReport' });
const reportOrPage = {
  description: 'The report; with `Accept: text/html` a page that needs nothing beside itself',
  content: { ...json(reportSchema), 'text/html': { schema: z.string() } },
};

/** The routes of drift reports. */
export const driftPaths: ZodOpenApiPathsObject = {
  '/api/models/{model}/drift': {
    post: {
      summary: 'Check a window of predictions for drift now',
      ...params({ path: modelPath }),
      requestBody: { required: false, content: json(driftWindowSchema) },
      responses: { 200: ok(reportSchema), ...refused(400, 404, 409, 413, 415, 503) },
    },
    get: {
      summary: 'The drift report of the newest window',
      ...params({ path: modelPath }),
      responses: { 200: reportOrPage, ...refused(404, 503) },
    },
  },
  '/api/models/{model}/drift/history': {
    get: {
      summary: 'Drift reports without their statistics, the newest windows first',
      ...params({ path: modelPath, query: pagingSchema(reportIdSchema) }),
      responses: {
        200: ok(z.object({ items: z.array(reportSchema), next: z.string().optional() })),
        ...refused(400, 404, 503),
      },
    },
  },
  '/api/models/{model}/drift/{id}': {
    get: {
      summary: 'A drift report',
      ...params({ path: z.object({ model: modelNameSchema, id: reportIdSchema }) }),
      responses: { 200: reportOrPage, ...refused(404, 503) },
    },
  },
};
