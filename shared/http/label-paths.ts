import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { acceptedLabelsSchema, labelsRequestSchema } from '../outcomes/accept-labels.ts';
import { foundLabelSchema } from '../outcomes/find-label.ts';
import { json, read, refused } from './openapi-parts.ts';

/** The routes of labels. */
export const labelPaths: ZodOpenApiPathsObject = {
  '/api/labels': {
    post: {
      summary: 'Say what turned out to be true of predictions',
      requestBody: { required: true, content: json(labelsRequestSchema) },
      responses: {
        202: {
          description: 'Accepted, and on record',
          headers: z.object({ location: z.url().meta({ description: 'The label of the first of them' }) }),
          content: json(acceptedLabelsSchema),
        },
        ...refused(400, 413, 415, 503),
      },
    },
  },
  '/api/labels/{predictionId}': {
    get: read(
      'The label that counts for a prediction, known or not',
      z.object({ predictionId: z.uuidv7() }),
      foundLabelSchema,
    ),
  },
};
