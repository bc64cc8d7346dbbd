import { z } from 'zod';

export const GATES = ['errorRate', 'latencyP95', 'decisionRate', 'scoreShift'] as const;
export type Gate = (typeof GATES)[number];

export const verdictSchema = z.enum(['pass', 'fail', 'inconclusive']);
export type Verdict = z.infer<typeof verdictSchema>;

/** What is known of one arm: the sample's size, and the figures that the gate is about. */
const sideSchema = z.looseObject({ n: z.int().nonnegative() }).catchall(z.number().nullable());

const numbers = {
  verdict: verdictSchema,
  /** Canary - champion, in this phase; null where nothing can be told. */
  estimate: z.number().nullable(),
  /** The difference is above this, by the evidence of this phase; null where no bound is known. */
  lower: z.number().nullable(),
  /** The difference is below this, by the evidence of the promotion; null where no bound is known. */
  upper: z.number().nullable(),
  margin: z.number(),
};

/** One of several tests that make up a gate. */
export const gateTestSchema = z.object({ test: z.string(), ...numbers });
export type GateTest = z.infer<typeof gateTestSchema>;

export const gateResultSchema = z.object({
  gate: z.enum(GATES),
  champion: sideSchema,
  canary: sideSchema,
  ...numbers,
  /** Why it failed, or why it says nothing yet. */
  reason: z.string().optional(),
  tests: z.array(gateTestSchema).optional(),
});
export type GateResult = z.infer<typeof gateResultSchema>;

/** Of several verdicts: any failure fails, and all have to pass. */
export function together(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

export function rateOf(events: number, n: number): number | null {
  return n === 0 ? null : events / n;
}

/** A share as a text, in percent. */
export function percentText(share: number | null): string {
  return share === null ? 'unknown' : `${Number((share * 100).toPrecision(3))} %`;
}
