import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { modelNameSchema } from '../registry/rows.ts';
import { runIdSchema, runViewSchema } from '../training/run-record.ts';
import { retrainSchema, retrainStartedSchema } from '../training/runs.ts';
import { json, ok, params, read, refused } from './openapi-parts.ts';
import { pagingSchema } from './paging.ts';

const modelPath = z.object({ model: modelNameSchema });

/** The routes of retrain runs. */
export const retrainPaths: ZodOpenApiPathsObject = {
  '/api/models/{model}/retrain': {
    post: {
      summary: 'Make a new version from the data sets and the labelled predictions',
      ...params({ path: modelPath }),
      requestBody: { required: true, content: json(retrainSchema) },
      responses: {
        202: {
          description: 'Started',
          headers: z.object({ location: z.url() }),
          content: json(retrainStartedSchema),
        },
        ...refused(400, 404, 409, 413, 415, 503),
      },
    },
  },
  '/api/models/{model}/runs': {
    get: {
      summary: 'Retrain runs, newest first',
      ...params({ path: modelPath, query: pagingSchema(runIdSchema) }),
      responses: {
        200: ok(z.object({ items: z.array(runViewSchema), next: z.string().optional() })),
        ...refused(400, 404, 503),
      },
    },
  },
  '/api/models/{model}/runs/{runId}': {
    get: read(
      'A retrain run, with each trial of its search',
      z.object({ model: modelNameSchema, runId: runIdSchema }),
      runViewSchema,
    ),
  },
};
