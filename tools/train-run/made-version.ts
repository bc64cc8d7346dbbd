import type { GateResult } from '../../shared/training/evaluation/gate-results.ts';
import type { LearnerName } from '../../shared/training/learner.ts';
import type { RunTrial } from '../../shared/training/run-record.ts';
import type { VersionParts } from '../../shared/training/register-version.ts';
import type { Source } from './rows-source.ts';

/** A trained model, before it is registered. */
export interface MadeVersion extends VersionParts {
  readonly source: Source;
  /** All rows of the source. */
  readonly count: number;
  readonly learner: LearnerName;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Of the fit: that of its trial, where there was a search. */
  readonly seed: number;
  readonly fitSeconds: number;
  readonly gates: readonly GateResult[];
  /** Of the search; absent where it was fitted once. */
  readonly trials?: readonly RunTrial[];
}
