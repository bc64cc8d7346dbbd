import type { Decision } from '../scoring/decide.ts';
import { MAX_ERROR_TEXT, type Variant } from './prediction-event.ts';
import { timeOf } from './prediction-id.ts';
import { SHADOW_TYPE } from './shadow-event-schema.ts';

const TYPE = JSON.stringify(SHADOW_TYPE);

/** What one version made of a row. */
export type ShadowSide = {
  readonly version: string;
  /** The model's run time for the row. */
  readonly latencyMs?: number | undefined;
} & ({ readonly score: number; readonly decision: Decision } | { readonly error: string });

/** One row that both versions of a promotion have scored, or tried to. */
export interface ShadowFacts {
  /** The event's own id, a UUIDv7, which also gives its time. */
  readonly id: string;
  readonly predictionId: string;
  readonly model: string;
  readonly promotionId: string;
  readonly step: number;
  readonly accountHash: number | undefined;
  /** Which of the two the caller was answered by. */
  readonly served: Variant;
  readonly champion: ShadowSide;
  readonly candidate: ShadowSide;
}

/**
 * A shadow result as a CloudEvent (1.0, JSON, structured mode); what is undefined is left out. Put together by hand for
 * the reason that predictions are: it runs once per row, on the thread that answers callers.
 */
export function shadowEvent(facts: ShadowFacts): string {
  const { id, model, promotionId, step, served, accountHash } = facts;
  const account = accountHash === undefined ? '' : `,"accountHash":${accountHash}`;
  return (
    `{"specversion":"1.0","type":${TYPE},"source":${JSON.stringify(`/models/${model}/promotions/${promotionId}`)},` +
    `"datacontenttype":"application/json","id":"${id}","time":"${new Date(timeOf(id)).toISOString()}",` +
    `"data":{"predictionId":"${facts.predictionId}","model":${JSON.stringify(model)},` +
    `"promotionId":${JSON.stringify(promotionId)},"step":${step}${account},"served":"${served}",` +
    `"champion":${sideText(facts.champion)},"candidate":${sideText(facts.candidate)}}}`
  );
}

function sideText(side: ShadowSide): string {
  const runTime =
    side.latencyMs === undefined ? '' : `,"latencyMs":${Math.round(side.latencyMs * 1e6) / 1e6}`;
  const outcome =
    'error' in side
      ? `"error":${JSON.stringify(side.error.slice(0, MAX_ERROR_TEXT))}`
      : `"score":${side.score},"decision":"${side.decision}"`;
  return `{"version":${JSON.stringify(side.version)},${outcome}${runTime}}`;
}
