import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { lineageGraphSchema } from '../lineage/graph.ts';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { read } from './openapi-parts.ts';

/** The route that shows where a version came from. */
export const lineagePaths: ZodOpenApiPathsObject = {
  '/api/models/{model}/versions/{version}/lineage': {
    get: read(
      'The data, run and trial that a version was made by, its promotions, and what it served',
      z.object({ model: modelNameSchema, version: versionSchema }),
      lineageGraphSchema,
    ),
  },
};
