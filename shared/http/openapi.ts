import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { decisionViewSchema } from '../events/decision.ts';
import type { CompiledContract } from '../features/compile.ts';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { modelViewSchema, trafficViewSchema, versionViewSchema } from '../registry/views.ts';
import { featuresRequestSchema, scoreRequestSchema } from '../scoring/request.ts';
import { MAX_TRANSACTIONS } from '../scoring/score.ts';
import { dashboardPaths } from './dashboard-paths.ts';
import { datasetPaths } from './dataset-paths.ts';
import { driftPaths } from './drift-paths.ts';
import { labelPaths } from './label-paths.ts';
import { lineagePaths } from './lineage-paths.ts';
import { json, ok, params, read, refused } from './openapi-parts.ts';
import { pagingSchema } from './paging.ts';
import { performancePaths } from './performance-paths.ts';
import { promotionPaths } from './promotion-paths.ts';
import { retrainPaths } from './retrain-paths.ts';

const predictionSchema = z
  .object({
    predictionId: z.uuidv7(),
    transactionId: z.string().optional(),
    model: modelNameSchema,
    version: versionSchema,
    variant: z.enum(['champion', 'canary']),
    score: z.number().min(0).max(1).meta({ description: 'Probability of the positive class' }),
    decision: z.enum(['approve', 'review', 'block']),
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: 'Prediction' });

const predictionsSchema = z.object({ predictions: z.array(predictionSchema) }).meta({ id: 'Predictions' });

export const healthSchema = z
  .object({
    status: z.enum(['live', 'ready', 'unavailable']),
    version: z.string().optional().meta({ description: 'Of the app, with the commit it is made of' }),
    parts: z
      .array(z.object({ part: z.string(), ready: z.boolean(), detail: z.string().optional() }))
      .optional(),
  })
  .meta({ id: 'Health' });

const modelPath = z.object({ model: modelNameSchema });
const versionPath = z.object({ model: modelNameSchema, version: versionSchema });
const pinnedHeader = z.object({
  'x-tollgate-version': versionSchema.optional().meta({ description: 'Scores with this version' }),
  'x-correlation-id': z.string().max(128).optional().meta({ description: 'Echoed; made when absent' }),
});

/** A model of the document: its row schema comes from the contract of the version that serves. */
export interface DocumentedModel {
  readonly model: string;
  readonly contract: CompiledContract;
}

/** The OpenAPI 3.1 document of the app, with a scoring route of its own for each model. */
export function openApiDocument(models: readonly DocumentedModel[], defaultModel: string): object {
  // Made once per model: two schemas of the same id would be two components of the same name.
  const bodies = new Map(models.map((one) => [one.model, requestFor(one)]));
  const paths: ZodOpenApiPathsObject = {
    '/api/score': {
      post: scoring(
        `Score with the default model, '${defaultModel}'`,
        bodies.get(defaultModel) ?? scoreRequestSchema,
      ),
    },
    '/api/models/{model}/score': {
      post: {
        ...scoring('Score with a model', scoreRequestSchema),
        ...params({ path: modelPath, header: pinnedHeader }),
      },
    },
    '/score': {
      post: {
        summary: 'Score one row, in the calling convention of an Azure ML online endpoint',
        requestBody: { required: true, content: json(featuresRequestSchema) },
        responses: {
          200: ok(z.object({ pred_proba: z.number().min(0).max(1) })),
          ...refused(400, 404, 413, 415, 503),
        },
      },
    },
    '/api/models': { get: listed('Models', modelViewSchema, modelNameSchema) },
    '/api/models/{model}': { get: read('A model', modelPath, modelViewSchema) },
    '/api/models/{model}/versions': {
      get: {
        ...listed('Versions, newest first', versionViewSchema, versionSchema),
        ...params({ path: modelPath, query: pagingSchema(versionSchema) }),
      },
    },
    '/api/models/{model}/versions/{version}': { get: read('A version', versionPath, versionViewSchema) },
    '/api/models/{model}/versions/{version}/card': {
      get: {
        summary: 'The model card of a version',
        ...params({ path: versionPath }),
        responses: {
          200: { description: 'Markdown', content: { 'text/markdown': { schema: z.string() } } },
          ...refused(404, 503),
        },
      },
    },
    '/api/models/{model}/traffic': { get: read('Who gets traffic', modelPath, trafficViewSchema) },
    ...dashboardPaths,
    ...driftPaths,
    ...promotionPaths,
    ...labelPaths,
    ...datasetPaths,
    ...retrainPaths,
    ...lineagePaths,
    ...performancePaths,
    '/api/models/{model}/predictions/{predictionId}': {
      get: read(
        'A logged prediction, with the version and the policy that decided, and its label if known',
        z.object({ model: modelNameSchema, predictionId: z.uuidv7() }),
        decisionViewSchema,
      ),
    },
    '/api/health/live': { get: { summary: 'Whether the app runs', responses: { 200: ok(healthSchema) } } },
    '/api/health/ready': {
      get: {
        summary: 'Whether the first score would succeed',
        responses: { 200: ok(healthSchema), 503: { description: 'Not ready', content: json(healthSchema) } },
      },
    },
    '/api/openapi.json': {
      get: { summary: 'This document', responses: { 200: ok(z.record(z.string(), z.unknown())) } },
    },
    '/api/docs': {
      get: {
        summary: 'This document, as a page',
        responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
      },
    },
  };
  for (const [model, body] of bodies) {
    paths[`/api/models/${model}/score`] = { post: scoring(`Score with '${model}'`, body) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tollgate',
      version: '1.0.0',
      description: 'Scores transactions with models that earn their traffic.',
    },
    paths,
  });
}

function requestFor({ model, contract }: DocumentedModel): z.ZodType {
  const row = contract.rowSchema.meta({ id: `Row_${model.replaceAll('-', '_')}` });
  return z.union([
    z.strictObject({ transaction: row }),
    z.strictObject({ transactions: z.array(row).min(1).max(MAX_TRANSACTIONS) }),
  ]);
}

function scoring(summary: string, body: z.ZodType): ZodOpenApiOperationObject {
  return {
    summary,
    ...params({ header: pinnedHeader }),
    requestBody: { required: true, content: json(body) },
    responses: {
      200: ok(z.union([predictionSchema, predictionsSchema])),
      ...refused(400, 404, 413, 415, 503),
    },
  };
}

function listed(summary: string, item: z.ZodType, after: z.ZodType<string>): ZodOpenApiOperationObject {
  const schema = z.object({ items: z.array(item), next: z.string().optional() });
  return {
    summary,
    ...params({ query: pagingSchema(after) }),
    responses: { 200: ok(schema), ...refused(400, 404, 503) },
  };
}
