import { z } from 'zod';
import { searchSpaceSchema } from './search-space.ts';

/** Metrics that may select, and whether more is better. */
const DIRECTIONS = { averagePrecision: 1, aucRoc: 1, logLoss: -1, brier: -1 } as const;
export const searchMetricSchema = z.enum(['averagePrecision', 'aucRoc', 'logLoss', 'brier']);
export type SearchMetric = z.output<typeof searchMetricSchema>;

/** A model folder's search: what is tried, and how much. */
export const searchPlanSchema = z
  .strictObject({
    metric: searchMetricSchema.default('averagePrecision'),
    /** Trials of the first rung. */
    trials: z.int().min(1).max(200).default(12),
    /** Times that the better trials are taken further: on more rows, the last time on all of them. */
    rungs: z.int().min(1).max(6).default(3),
    /** From one rung to the next, one trial in so many stays, and has so many times the rows. */
    reduction: z.number().min(1.5).max(10).default(3),
    learners: searchSpaceSchema,
  })
  .readonly();
export type SearchPlan = z.output<typeof searchPlanSchema>;

/** Whether a metric's value is better than another; one that is not a number is worse than any. */
export function isBetter(metric: SearchMetric, value: number, other: number): boolean {
  if (Number.isNaN(value)) return false;
  return Number.isNaN(other) || DIRECTIONS[metric] * (value - other) > 0;
}

/** One round of a search. */
export interface Rung {
  /** Trials that take part. */
  readonly trials: number;
  /** Share of the training rows that they are fitted on. */
  readonly share: number;
}

/**
 * The rounds of successive halving (Jamieson and Talwalkar, "Non-stochastic best arm identification and
 * hyperparameter optimization", 2016), with rows as the resource: every learner uses them, and the last round fits
 * what will be registered.
 */
export function rungsOf({ trials, rungs, reduction }: SearchPlan): Rung[] {
  return Array.from({ length: rungs }, (_, rung) => ({
    trials: Math.max(1, Math.round(trials / reduction ** rung)),
    share: reduction ** (rung + 1 - rungs),
  }));
}
