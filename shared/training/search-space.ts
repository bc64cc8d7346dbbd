import { z } from 'zod';
import { learnerNameSchema } from './learner.ts';
import type { LearnerName, LearnerParams } from './learner.ts';
import type { Random } from './random.ts';

const fixed = z.union([z.number(), z.string(), z.boolean()]);

/** What a parameter is drawn from: one value, a list, or a range (both ends included; `log`: its logarithm is uniform). */
const drawnSchema = z.union([
  fixed,
  z.strictObject({ oneOf: z.array(fixed).min(1).readonly() }).readonly(),
  z
    .strictObject({
      from: z.number(),
      to: z.number(),
      scale: z.enum(['linear', 'log']).default('linear'),
      integer: z.boolean().default(false),
    })
    .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be above from' })
    .refine(({ from, scale }) => scale === 'linear' || from > 0, {
      path: ['from'],
      message: 'must be above 0 on a logarithmic scale',
    })
    .readonly(),
]);
type Drawn = z.output<typeof drawnSchema>;

/** For each learner that takes part, what its parameters are drawn from; those not named keep their defaults. */
export const searchSpaceSchema = z
  .partialRecord(learnerNameSchema, z.record(z.string(), drawnSchema))
  .refine((space) => Object.keys(space).length > 0, { message: 'must name a learner' })
  .readonly();
export type SearchSpace = z.output<typeof searchSpaceSchema>;

/** The learners of a space, in the order of the schema: that of the file does not matter. */
export function learnersOf(space: SearchSpace): LearnerName[] {
  return learnerNameSchema.options.filter((name) => space[name] !== undefined);
}

/** Draws a learner's parameters; the same numbers give the same ones, whatever order the file has them in. */
export function drawParams(space: SearchSpace, learner: LearnerName, random: Random): LearnerParams {
  const entries = Object.entries(space[learner] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, drawn]) => [name, draw(drawn, random)]));
}

function draw(drawn: Drawn, random: Random): string | number | boolean {
  if (typeof drawn !== 'object') return drawn;
  if ('oneOf' in drawn) return drawn.oneOf[Math.floor(random() * drawn.oneOf.length)]!;
  const { from, to, scale, integer } = drawn;
  if (integer && scale === 'linear') return from + Math.floor(random() * (to - from + 1));
  const value = scale === 'log' ? from * (to / from) ** random() : from + (to - from) * random();
  if (integer) return Math.round(value);
  // Three digits say as much, and are shown and read more easily.
  return Math.min(Math.max(Number(value.toPrecision(3)), from), to);
}
