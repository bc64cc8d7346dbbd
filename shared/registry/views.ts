import { z } from 'zod';
import {
  modelNameSchema,
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

export const trafficViewSchema = z
  .object({
    champion: z.object({ version: versionSchema }),
    canary: z.null(),
    shadow: z.null(),
    etag: z.string(),
  })
  .meta({ id: 'Traffic' });

export const modelViewSchema = z
  .object({
    model: modelNameSchema,
    champion: z.object({ version: versionSchema }),
    canary: z.null(),
    shadow: z.null(),
    isDefault: z.boolean().meta({ description: 'Whether POST /api/score uses this model' }),
    changedAt: z.string(),
  })
  .meta({ id: 'Model' });
export type ModelView = z.infer<typeof modelViewSchema>;

export function modelView(row: TrafficRow, defaultModel: string): ModelView {
  const { model, champion, canary, shadow, changedAt } = row;
  return { model, champion, canary, shadow, isDefault: model === defaultModel, changedAt };
}
