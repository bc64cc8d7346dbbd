import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { modelNameSchema } from '../registry/rows.ts';
import { minutesQuerySchema, minutesViewSchema } from '../rollups/minutes-view.ts';
import { ok, params, refused } from './openapi-parts.ts';

/** The dashboard, and the route that is there for it. */
export const dashboardPaths: ZodOpenApiPathsObject = {
  '/dashboard': {
    get: {
      summary: 'The dashboard',
      responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
    },
  },
  '/api/models/{model}/minutes': {
    get: {
      summary: 'Predictions, errors and fallbacks of each version, minute by minute',
      ...params({ path: z.object({ model: modelNameSchema }), query: minutesQuerySchema }),
      responses: { 200: ok(minutesViewSchema), ...refused(400, 404, 503) },
    },
  },
};
