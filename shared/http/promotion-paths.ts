import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import {
  abortSchema,
  approveSchema,
  rollbackSchema,
  startedSchema,
  startSchema,
} from '../promotion/bodies.ts';
import { promotionViewSchema } from '../promotion/view.ts';
import { modelNameSchema, promotionIdSchema } from '../registry/rows.ts';
import { trafficViewSchema } from '../registry/views.ts';
import { json, ok, params, read, refused } from './openapi-parts.ts';
import { pagingSchema } from './paging.ts';

const modelPath = z.object({ model: modelNameSchema });
const promotionPath = z.object({ model: modelNameSchema, promotionId: promotionIdSchema });

/** The routes of promotions. */
export const promotionPaths: ZodOpenApiPathsObject = {
  '/api/models/{model}/promotions': {
    get: {
      summary: 'Promotions, newest first, each with its last evaluation',
      ...params({ path: modelPath, query: pagingSchema(promotionIdSchema) }),
      responses: {
        200: ok(z.object({ items: z.array(promotionViewSchema), next: z.string().optional() })),
        ...refused(400, 404, 503),
      },
    },
    post: {
      summary: 'Have a version earn its traffic',
      ...params({ path: modelPath }),
      requestBody: { required: true, content: json(startSchema) },
      responses: {
        202: {
          description: 'Started',
          headers: z.object({ location: z.url() }),
          content: json(startedSchema),
        },
        ...refused(400, 404, 409, 413, 415, 503),
      },
    },
  },
  '/api/models/{model}/promotions/{promotionId}': {
    get: read('A promotion, with every evaluation and change', promotionPath, promotionViewSchema),
  },
  '/api/models/{model}/promotions/{promotionId}/approve': {
    post: order(
      'Approve what a promotion waits for',
      promotionPath,
      approveSchema,
      promotionViewSchema,
      [403],
    ),
  },
  '/api/models/{model}/promotions/{promotionId}/abort': {
    post: order('End a promotion, and return its traffic', promotionPath, abortSchema, promotionViewSchema),
  },
  '/api/models/{model}/rollback': {
    post: order('Return all traffic to the previous champion', modelPath, rollbackSchema, trafficViewSchema),
  },
};

function order(
  summary: string,
  path: z.ZodObject,
  body: z.ZodType,
  answer: z.ZodType,
  also: readonly number[] = [],
): ZodOpenApiOperationObject {
  return {
    summary,
    ...params({ path }),
    requestBody: { required: true, content: json(body) },
    responses: { 200: ok(answer), ...refused(400, ...also, 404, 409, 413, 415, 503) },
  };
}
