import { z } from 'zod';

/** What a gate says: `inconclusive` registers the version too, with the reason. */
export const gateResultSchema = z.object({
  gate: z.string(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  reason: z.string(),
  numbers: z.record(z.string(), z.number()),
});
export type GateResult = z.infer<typeof gateResultSchema>;

/** A run's outcome: rejected where any gate failed. */
export interface Verdict {
  readonly state: 'registered' | 'rejected';
  /** Why it was rejected, or what the gates could not tell; absent where all passed. */
  readonly reason?: string;
}

/** What gates say together. */
export function verdictOf(results: readonly GateResult[]): Verdict {
  const reasons = (verdict: GateResult['verdict']) =>
    results.filter((result) => result.verdict === verdict).map(({ gate, reason }) => `${gate}: ${reason}`);
  const failed = reasons('fail');
  if (failed.length > 0) return { state: 'rejected', reason: failed.join('; ') };
  const open = reasons('inconclusive');
  return open.length === 0
    ? { state: 'registered' }
    : { state: 'registered', reason: `inconclusive: ${open.join('; ')}` };
}
