import type { OutcomeLogs } from '../outcomes/join.ts';
import type { RetrainDone, RetrainJob } from './retrain-job.ts';
import type { RunParts } from './runs.ts';

export interface RetrainParts extends RunParts {
  readonly logs: OutcomeLogs;
  /** Does a job off the main thread, one at a time. */
  readonly work: (job: RetrainJob) => Promise<RetrainDone>;
  /** Hands a version over to a promotion of this id, unless that has been done. @throws Failure where it is refused */
  readonly promote: (model: string, version: string, promotionId: string) => Promise<void>;
}

/** The data or the definition make no version, now or later; the message goes on record. */
export class RunEnd extends Error {
  override readonly name = 'RunEnd';
  readonly status: 'failed' | 'skipped';
  constructor(status: 'failed' | 'skipped', message: string) {
    super(message);
    this.status = status;
  }
}
