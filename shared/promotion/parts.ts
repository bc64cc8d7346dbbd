import type { Registry } from '../registry/registry.ts';
import type { VersionRow } from '../registry/rows.ts';
import type { RollupRows } from '../rollups/ports.ts';
import type { Plan } from './plan.ts';
import type { PromotionStore } from './store.ts';

/** What the use cases of a promotion work with. */
export interface PromotionParts {
  readonly store: PromotionStore;
  readonly registry: Registry;
  readonly rollups: RollupRows;
  /** The plan of the model's folder, as it was when the version was trained. */
  readonly planOf: (version: VersionRow) => Promise<Plan | undefined>;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
  readonly report: (message: string, error?: unknown) => void;
}

/** What makes a promotion go on: one orchestration each, whose instance id is the promotion's. */
export interface Orchestrations {
  start(model: string, promotionId: string): Promise<void>;
  /** Has it look now. What it is to do is in the promotion's document. */
  wake(promotionId: string): Promise<void>;
  status(promotionId: string): Promise<'going' | 'ended' | 'missing'>;
}

/** The orchestrator of a promotion. */
export const PROMOTE = 'promote';
/** Its activity: one look. */
export const PROMOTION_CHECK = 'promotionCheck';
/** The event that wakes it. */
export const WAKE = 'wake';
