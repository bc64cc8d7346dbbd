import { isSameCaller } from '../access/caller.ts';
import type { PromotionEvent } from './evolve.ts';
import type { PromotionState } from './state.ts';

/** What a person asks of a promotion. */
export type PromotionCommand =
  | { readonly kind: 'approve'; readonly by: string; readonly reason?: string | undefined }
  | { readonly kind: 'abort'; readonly by: string; readonly reason: string }
  | { readonly kind: 'rollback'; readonly by: string; readonly reason: string };

export type CommandAnswer =
  | { readonly accepted: true; readonly event: PromotionEvent }
  | { readonly accepted: false; readonly why: 'conflict' | 'forbidden'; readonly message: string };

/** Whether a command fits where the promotion is, and the event that it is. @param now milliseconds since 1970 */
export function answerCommand(state: PromotionState, command: PromotionCommand, now: number): CommandAnswer {
  const { phase } = state.situation;
  const running = phase === 'shadow' || phase === 'canary' || phase === 'awaiting-approval';
  switch (command.kind) {
    case 'approve':
      if (phase !== 'awaiting-approval')
        return conflict(`The promotion is not awaiting approval: it is ${phase}`);
      if (state.requestedBy !== undefined && isSameCaller(command.by, state.requestedBy))
        return {
          accepted: false,
          why: 'forbidden',
          message: 'Somebody else than who asked for it has to approve',
        };
      return { accepted: true, event: { kind: 'approved', at: now, by: command.by } };
    case 'abort':
      if (!running) return conflict(`The promotion is over: it is ${phase}`);
      return { accepted: true, event: { kind: 'aborted', at: now, by: command.by, reason: command.reason } };
    case 'rollback':
      if (phase === 'promoted')
        return {
          accepted: true,
          event: { kind: 'rolled-back', at: now, by: command.by, reason: command.reason },
        };
      if (!running) return conflict(`The promotion is over: it is ${phase}`);
      return { accepted: true, event: { kind: 'aborted', at: now, by: command.by, reason: command.reason } };
  }
}

function conflict(message: string): CommandAnswer {
  return { accepted: false, why: 'conflict', message };
}
