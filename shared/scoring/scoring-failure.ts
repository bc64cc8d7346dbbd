import { Failure, messageOf } from '../failure.ts';
import type { LoadedModel } from './load-model.ts';

/** What the log says of rows that the version which had to answer could not score. */
export function scoringFailed(error: unknown): { readonly code: string; readonly message: string } {
  return { code: 'scoring-failed', message: messageOf(error) };
}

/** What the caller of such rows is told. */
export function couldNotScore({ model, version }: LoadedModel, cause: unknown): Failure {
  return new Failure('unavailable', `Version ${version} of '${model}' could not score`, { cause });
}

export function scoreAt(scores: Float32Array, index: number): number {
  const score = scores[index];
  if (score === undefined) throw new Error('The scorer gave fewer scores than it was given rows');
  return score;
}
