import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { datasetViewSchema } from '../registry/views.ts';
import { ok, params, read, refused } from './openapi-parts.ts';
import { pagingSchema } from './paging.ts';

const modelPath = z.object({ model: modelNameSchema });

/** The routes that show a model's data sets. */
export const datasetPaths: ZodOpenApiPathsObject = {
  '/api/models/{model}/datasets': {
    get: {
      summary: 'Data set versions, newest first',
      ...params({ path: modelPath, query: pagingSchema(versionSchema) }),
      responses: {
        200: ok(z.object({ items: z.array(datasetViewSchema), next: z.string().optional() })),
        ...refused(400, 404, 503),
      },
    },
  },
  '/api/models/{model}/datasets/{version}': {
    get: read(
      'A data set version: where its rows came from, its columns, and whether it met the expectations',
      z.object({ model: modelNameSchema, version: versionSchema }),
      datasetViewSchema,
    ),
  },
};
