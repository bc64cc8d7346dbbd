import { z } from 'zod';
import { concurrently } from '../events/concurrently.ts';
import { linesOf } from '../events/lines.ts';
import { hourFolder } from '../events/log-layout.ts';
import { partsOf } from '../events/log-reader.ts';
import type { ReadableBlobs } from '../events/ports.ts';
import { isPredictionId, timeOf } from '../events/prediction-id.ts';
import { Failure } from '../failure.ts';
import { parseLabelLine, revisionOf, UNNAMED } from './label-log.ts';
import { latestOf, type Revision } from './revisions.ts';

/** A label as the read routes show it. */
export const labelViewSchema = z
  .object({
    label: z.literal([0, 1]),
    observedAt: z.iso.datetime().meta({ description: 'When it was observed, else when it was received' }),
    source: z.string().optional(),
  })
  .meta({ id: 'KnownLabel' });
export type LabelView = z.infer<typeof labelViewSchema>;

/** Files that are searched at the same time. */
const MAX_AT_ONCE = 4;

/**
 * The label of a prediction, found by the time inside its id; one that was accepted within the last seconds may not be
 * there yet.
 * @param models those whose labels are searched beside the ones that name no model
 * @param predictionId a text that `isPredictionId` accepts
 * @throws Failure `unavailable`
 */
export async function findLabel(
  labels: ReadableBlobs,
  models: readonly string[],
  predictionId: string,
): Promise<LabelView | undefined> {
  const time = timeOf(predictionId);
  const folders = [...models, UNNAMED].map((name) => hourFolder(name, time));
  const files = (await Promise.all(folders.map((folder) => partsOf(labels, folder)))).flat();
  const revisions: Revision[] = [];
  await concurrently(files, MAX_AT_ONCE, async (path) => {
    for await (const line of linesOf(labels.read(path))) {
      const event = line.includes(predictionId) ? parseLabelLine(line) : undefined;
      if (event?.data.predictionId === predictionId) revisions.push(revisionOf(event));
    }
  });
  const latest = latestOf(revisions);
  return latest && { ...latest, observedAt: new Date(latest.observedAt).toISOString() };
}

/** What `GET /api/labels/{predictionId}` shows. */
export const foundLabelSchema = z
  .object({ predictionId: z.uuidv7(), ...labelViewSchema.shape })
  .meta({ id: 'FoundLabel' });

/**
 * The label of a prediction id, of whichever model.
 * @throws Failure `not-found` where nobody has sent one, `unavailable`
 */
export async function readLabel(
  labels: ReadableBlobs,
  models: readonly string[],
  predictionId: string,
): Promise<z.infer<typeof foundLabelSchema>> {
  const id = predictionId.toLowerCase();
  const found = isPredictionId(id) ? await findLabel(labels, models, id) : undefined;
  if (found === undefined) {
    throw new Failure(
      'not-found',
      'There is no label of that prediction id; one of the last seconds may still be on its way',
    );
  }
  return { predictionId: id, ...found };
}
