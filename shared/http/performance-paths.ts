import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { performanceQuerySchema } from '../outcomes/performance-query.ts';
import { performanceSchema } from '../outcomes/performance-view.ts';
import { modelNameSchema } from '../registry/rows.ts';
import { ok, params, refused } from './openapi-parts.ts';

/** The routes that show how models do. */
export const performancePaths: ZodOpenApiPathsObject = {
  '/api/models/{model}/performance': {
    get: {
      summary: 'What was right, by window and version, and what is to be expected before labels arrive',
      ...params({ path: z.object({ model: modelNameSchema }), query: performanceQuerySchema }),
      responses: { 200: ok(performanceSchema), ...refused(400, 404, 503) },
    },
  },
  '/api/metrics': {
    get: {
      summary: 'Metrics of the whole fleet, for Prometheus',
      responses: {
        200: {
          description: 'Prometheus text exposition format 0.0.4',
          content: { 'text/plain': { schema: z.string() } },
        },
        ...refused(503),
      },
    },
  },
};
