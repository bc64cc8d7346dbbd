import type { LineageGraph } from '../../shared/lineage/graph.ts';
import type { ServedWindow } from '../../shared/lineage/served-windows.ts';
import type { PromotionRow } from '../../shared/promotion/record.ts';
import type { PromotionView } from '../../shared/promotion/view.ts';
import type { DatasetView, ModelView, VersionView } from '../../shared/registry/views.ts';
import type { Evaluation } from '../../shared/training/evaluation/evaluation-schema.ts';
import type { SegmentGap } from '../../shared/training/evaluation/segments.ts';
import type { RunRow } from '../../shared/training/run-record.ts';

/** The shape of the JSON report. */
export const FORMAT_VERSION = 1;

/** A version, and all that was on record of it when it was made. */
export interface VersionAccount extends VersionView {
  /** What its training was about; absent where the run is not on record. */
  readonly run?: Pick<RunRow, 'trigger' | 'reason' | 'status' | 'startedAt' | 'endedAt'>;
  /** Rows that it was fitted and measured on. */
  readonly data?: { readonly sha256: string; readonly split: string; readonly rows: Evaluation['rows'] };
  /** With their 95 % intervals. */
  readonly intervals?: Evaluation['intervals'];
  /** What the training gates said, with their numbers. */
  readonly gates: NonNullable<Evaluation['gates']>;
  readonly comparison?: Evaluation['comparison'];
  /** The greatest differences of false positive rates between segments. */
  readonly segmentGaps: readonly (SegmentGap & { readonly column: string })[];
  /** When it served, within the report's time. */
  readonly served: readonly ServedWindow[];
  /** Data sets → run → version → promotions → what it served. */
  readonly lineage: LineageGraph;
}

/** A promotion: who asked, who approved, and every look at the evidence. */
export interface PromotionAccount extends Omit<PromotionView, 'model' | 'step' | 'percent'> {
  readonly approvals: readonly { readonly at: string; readonly by: string; readonly reason?: string }[];
  /** What people asked of it. */
  readonly commands: PromotionRow['commands'];
}

/** A change of who got the model's traffic. */
export interface TrafficEntry {
  readonly at: string;
  readonly by: string;
  readonly what: string;
  readonly version: string;
  readonly promotionId: string;
  readonly isRollback: boolean;
}

export interface DriftAccount {
  readonly id: string;
  readonly version: string;
  readonly window: { readonly from: string; readonly to: string };
  readonly rows: number;
  readonly policy: string;
  readonly drifted: boolean;
  readonly alarm: boolean;
  readonly columns: readonly string[];
  readonly decayed: readonly string[];
  readonly summary?: string;
}

/** What a reader of the report should ask about. */
export interface Gap {
  readonly kind:
    | 'no-approval'
    | 'no-requester'
    | 'own-approval'
    | 'no-promotion'
    | 'gates-not-passed'
    | 'segment-gap'
    | 'no-evaluation'
    | 'no-data'
    | 'alarm-unanswered'
    | 'not-checked'
    | 'under-way';
  readonly about: string;
  readonly text: string;
}

/** One model's account of a time, for auditors. */
export interface GovernanceReport {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly model: string;
  readonly from: string;
  readonly to: string;
  readonly generatedAt: string;
  /** Who gets the traffic now. */
  readonly traffic: ModelView;
  /** Those that were registered, promoted or serving in the time, newest first. */
  readonly versions: readonly VersionAccount[];
  /** Oldest first. */
  readonly promotions: readonly PromotionAccount[];
  readonly changes: readonly TrafficEntry[];
  readonly drift: readonly DriftAccount[];
  /** Retrain runs of the time, oldest first. */
  readonly runs: readonly (Omit<RunRow, 'kind' | 'model' | 'number' | 'trials'> & {
    readonly trials: number;
  })[];
  /** Data set versions that the versions were made of. */
  readonly datasets: readonly DatasetView[];
  readonly gaps: readonly Gap[];
}
