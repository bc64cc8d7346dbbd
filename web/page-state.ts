import { latestReport } from './drift-map.ts';
import { type Feed, UNASKED } from './feed.ts';
import type {
  DriftHistory,
  DriftReport,
  Minutes,
  Performance,
  Promotion,
  Promotions,
  Runs,
  Traffic,
  Versions,
} from './shapes.ts';

/** What the page knows of one model. */
export interface Feeds {
  readonly traffic: Feed<Traffic>;
  readonly minutes: Feed<Minutes>;
  /** Each with its last evaluation only. */
  readonly promotions: Feed<Promotions>;
  /** The one that is shown, with all its evaluations. */
  readonly promotion: Feed<Promotion>;
  readonly drift: Feed<DriftReport>;
  readonly driftHistory: Feed<DriftHistory>;
  readonly performance: Feed<Performance>;
  readonly runs: Feed<Runs>;
  readonly versions: Feed<Versions>;
}

export const NO_FEEDS: Feeds = {
  traffic: UNASKED,
  minutes: UNASKED,
  promotions: UNASKED,
  promotion: UNASKED,
  drift: UNASKED,
  driftHistory: UNASKED,
  performance: UNASKED,
  runs: UNASKED,
  versions: UNASKED,
};

/** The last drift report that is known, from whichever of both routes has it. */
export function lastDrift({ drift, driftHistory }: Feeds): DriftReport | undefined {
  return drift.value ?? latestReport(driftHistory.value?.items ?? []);
}

/** What a section shows. */
export interface PageState {
  readonly model: string;
  readonly feeds: Feeds;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly now: number;
  /** Whether the API asks for a key, so that a plain link to it leads nowhere. */
  readonly hasKey: boolean;
}
