import { z } from 'zod';
import {
  canarySchema,
  type DatasetRow,
  datasetRowSchema,
  modelNameSchema,
  shadowSchema,
  type TrafficRow,
  type VersionRow,
  versionRowSchema,
  versionSchema,
} from './rows.ts';

/** A version as the API shows it. */
export const versionViewSchema = versionRowSchema
  .omit({ kind: true, number: true, state: true })
  .extend({ state: z.enum(['registered', 'rejected', 'champion', 'retired']) })
  .meta({ id: 'ModelVersion' });
export type VersionView = z.infer<typeof versionViewSchema>;

/** The champion is whom the traffic row names: it is stored there only, so the two cannot disagree. */
export function versionView(row: VersionRow, traffic: TrafficRow | undefined): VersionView {
  const { kind: _kind, number: _number, state, ...shown } = row;
  return { ...shown, state: traffic?.champion.version === row.version ? 'champion' : state };
}

/** A data set version as the API shows it. */
export const datasetViewSchema = datasetRowSchema
  .omit({ kind: true, number: true })
  .meta({ id: 'DatasetVersion' });
export type DatasetView = z.infer<typeof datasetViewSchema>;

export function datasetView(row: DatasetRow): DatasetView {
  const { kind: _kind, number: _number, ...shown } = row;
  return shown;
}

const trafficParts = {
  champion: z.object({ version: versionSchema }),
  canary: canarySchema.omit({ step: true }).nullable(),
  shadow: shadowSchema.omit({ step: true }).nullable(),
};

export const trafficViewSchema = z.object({ ...trafficParts, etag: z.string() }).meta({ id: 'Traffic' });
export type ShownTraffic = z.infer<typeof trafficViewSchema>;

/** Who gets a model's traffic, as the API shows it. */
export function trafficView(row: TrafficRow, etag: string): ShownTraffic {
  return { ...shownTraffic(row), etag };
}

function shownTraffic({ champion, canary, shadow }: TrafficRow) {
  return {
    champion,
    canary: canary && { version: canary.version, percent: canary.percent, promotionId: canary.promotionId },
    shadow: shadow && { version: shadow.version, promotionId: shadow.promotionId },
  };
}

export const modelViewSchema = z
  .object({
    model: modelNameSchema,
    ...trafficParts,
    isDefault: z.boolean().meta({ description: 'Whether POST /api/score uses this model' }),
    changedAt: z.string(),
  })
  .meta({ id: 'Model' });
export type ModelView = z.infer<typeof modelViewSchema>;

export function modelView(row: TrafficRow, defaultModel: string): ModelView {
  const { model, changedAt } = row;
  return { model, ...shownTraffic(row), isDefault: model === defaultModel, changedAt };
}
