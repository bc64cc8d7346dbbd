import { z } from 'zod';
import { versionSchema } from '../registry/rows.ts';
import { aucError } from './auc-error.ts';
import { errorOf, estimate } from './estimate.ts';
import type { MeasuredWindow } from './measure-windows.ts';
import { evidenceOf, observedToExpected } from './observed-expected.ts';
import { LEAST_ROWS, metricsOf, performanceMetricsSchema } from './realised.ts';

const count = z.int().nonnegative();
const limits = z.object({ lower: z.number(), upper: z.number() });
const confusionOf = (cell: z.ZodType<number>) => z.object({ tp: cell, fp: cell, tn: cell, fn: cell });

const difference = z.number().min(-1).max(1).optional();
const errorSchema = z.object({
  aucRoc: difference,
  averagePrecision: difference,
  accuracy: difference,
  precision: difference,
  recall: difference,
  f1: difference,
});

/** What one version did in one window, as the API shows it. */
export const performanceWindowSchema = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime().meta({ description: 'Excluded' }),
    version: versionSchema,
    predictions: count.meta({ description: 'Scored; those that failed are not among them' }),
    failed: count,
    labels: count,
    coverage: z.number().min(0).max(1).meta({ description: 'Share of the predictions that have a label' }),
    matured: z.boolean().meta({ description: "Whether the model's labels are certain by now" }),
    assumedNegative: count.meta({
      description: 'Without a label when labels had matured, which in this model means negative',
    }),
    blocked: z.object({ predictions: count, labels: count }).meta({
      description:
        'What was blocked did not happen, so its labels are selective; without one, it is in no metric',
    }),
    ...performanceMetricsSchema.shape,
    aucRocInterval: limits.optional().meta({ description: '95 %' }),
    confusion: confusionOf(count).meta({ description: 'Of the rows whose outcome is known' }),
    observedToExpected: limits.extend({ value: z.number() }).optional().meta({
      description: 'Positives over the sum of the scores of the same rows, with its 95 % interval',
    }),
    estimated: z
      .object({
        ...performanceMetricsSchema.shape,
        confusion: confusionOf(z.number()),
        error: errorSchema
          .optional()
          .meta({ description: 'Estimate − measured, once the window has matured' }),
      })
      .optional()
      .meta({ description: 'What the scores of all predictions lead to expect, labels or none' }),
    estimateOff: z.string().optional().meta({ description: 'Why there is no estimate' }),
  })
  .meta({ id: 'PerformanceWindow' });
export type PerformanceWindow = z.infer<typeof performanceWindowSchema>;

export const performanceSchema = z
  .object({ windows: z.array(performanceWindowSchema) })
  .meta({ id: 'Performance' });

const Z = 1.959963984540054;

/** @param off why no estimate can be trusted */
export function windowView(window: MeasuredWindow, off: string | undefined): PerformanceWindow {
  const { version, matured, tally } = window;
  const { predictions, failed, labels, assumedNegative, blocked, confusion } = tally;
  const cells = tally.cells();
  const metrics = metricsOf(confusion, cells);
  const ratio = matured ? observedToExpected(evidenceOf(tally)) : undefined;
  const error = metrics.aucRoc === undefined ? Number.NaN : aucError(cells, tally.positiveRows());
  return {
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
    version,
    predictions,
    failed,
    labels,
    coverage: predictions === 0 ? 0 : labels / predictions,
    matured,
    assumedNegative,
    blocked: { ...blocked },
    ...metrics,
    ...(metrics.aucRoc === undefined || !Number.isFinite(error)
      ? {}
      : { aucRocInterval: around(metrics.aucRoc, Z * error) }),
    confusion: { ...confusion },
    ...(ratio === undefined ? {} : { observedToExpected: ratio }),
    ...estimateView(window, metrics, off),
  };
}

function estimateView(
  { tally, matured }: MeasuredWindow,
  realised: z.infer<typeof performanceMetricsSchema>,
  off: string | undefined,
): Pick<PerformanceWindow, 'estimated' | 'estimateOff'> {
  if (off !== undefined) return { estimateOff: off };
  if (tally.predictions < LEAST_ROWS)
    return { estimateOff: `there are fewer than ${LEAST_ROWS} predictions` };
  const { metrics, confusion } = estimate(tally);
  const error = errorOf(metrics, realised);
  const isKnown = matured && Object.keys(error).length > 0;
  return { estimated: { ...metrics, confusion, ...(isKnown ? { error } : {}) } };
}

function around(value: number, reach: number): { lower: number; upper: number } {
  return { lower: Math.max(0, value - reach), upper: Math.min(1, value + reach) };
}
