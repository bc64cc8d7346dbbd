import { z } from 'zod';
import { PHASES } from '../promotion/record.ts';
import type { PromotionView } from '../promotion/view.ts';
import type { DatasetRow } from '../registry/rows.ts';
import { type VersionView, versionViewSchema } from '../registry/views.ts';
import { eventTypeSchema, type RunEvent } from './run-event.ts';

const nodeSchema = z.discriminatedUnion('type', [
  z.object({
    id: z.string(),
    type: z.literal('dataset'),
    version: z.string(),
    createdAt: z.iso.datetime(),
    source: z.string(),
    rows: z.int(),
    sha256: z.string(),
  }),
  z.object({
    id: z.string(),
    type: z.literal('run'),
    runId: z.string(),
    learner: z.string(),
    params: z.record(z.string(), z.unknown()),
    seed: z.int(),
    startedAt: z.iso.datetime().optional(),
    endedAt: z.iso.datetime().optional(),
    ended: eventTypeSchema.optional(),
  }),
  z.object({
    id: z.string(),
    type: z.literal('version'),
    version: z.string(),
    state: versionViewSchema.shape.state,
    createdAt: z.iso.datetime(),
  }),
  z.object({
    id: z.string(),
    type: z.literal('promotion'),
    promotionId: z.string(),
    phase: z.enum(PHASES),
    champion: z.string(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().optional(),
  }),
]);

/** Where a version came from, and where it went. Edges point the way that time goes. */
export const lineageGraphSchema = z
  .object({
    nodes: z.array(nodeSchema),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
  })
  .meta({ id: 'Lineage' });
export type LineageGraph = z.infer<typeof lineageGraphSchema>;

/** What is on record of a version. */
export interface LineageFacts {
  readonly version: VersionView;
  readonly datasets: readonly DatasetRow[];
  /** Of the run that made it; none where it was made before events were recorded. */
  readonly events: readonly RunEvent[];
  /** Those that it was the candidate of. */
  readonly promotions: readonly PromotionView[];
}

/** The graph of a version: data sets → run → version → promotions. */
export function lineageGraph({ version, datasets, events, promotions }: LineageFacts): LineageGraph {
  const { run: runId } = version.createdBy;
  const started = events.find(({ eventType }) => eventType === 'START');
  const ended = events.find(({ eventType }) => eventType !== 'START');
  const ids = { run: `run:${runId}`, version: `version:${version.version}` };
  const datasetId = (row: DatasetRow) => `dataset:${row.version}`;
  const promotionId = (view: PromotionView) => `promotion:${view.promotionId}`;
  return {
    nodes: [
      ...datasets.map((row) => ({
        id: datasetId(row),
        type: 'dataset' as const,
        version: row.version,
        createdAt: row.createdAt,
        source: row.source,
        rows: row.rows,
        sha256: row.file.sha256,
      })),
      {
        id: ids.run,
        type: 'run',
        runId,
        learner: version.learner,
        params: version.params,
        seed: version.seed,
        ...(started === undefined ? {} : { startedAt: started.eventTime }),
        ...(ended === undefined ? {} : { endedAt: ended.eventTime, ended: ended.eventType }),
      },
      {
        id: ids.version,
        type: 'version',
        version: version.version,
        state: version.state,
        createdAt: version.createdAt,
      },
      ...promotions.map((view) => ({
        id: promotionId(view),
        type: 'promotion' as const,
        promotionId: view.promotionId,
        phase: view.phase,
        champion: view.champion,
        startedAt: view.startedAt,
        ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt }),
      })),
    ],
    edges: [
      ...datasets.map((row) => ({ from: datasetId(row), to: ids.run })),
      { from: ids.run, to: ids.version },
      ...promotions.map((view) => ({ from: ids.version, to: promotionId(view) })),
    ],
  };
}
