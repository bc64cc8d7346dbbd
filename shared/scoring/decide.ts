export type Decision = 'approve' | 'review' | 'block';

/** Scores from which a transaction is reviewed, and from which it is blocked: 0 < review <= block <= 1. */
export interface Policy {
  readonly review: number;
  readonly block: number;
}

/** What a score means under a policy: `score >= threshold` decides. */
export function decide(score: number, policy: Policy): Decision {
  if (score >= policy.block) return 'block';
  return score >= policy.review ? 'review' : 'approve';
}
