import type { BucketCounts } from '../promotion/bucket-counts.ts';
import {
  type ArmCounts,
  type Block,
  EMPTY_BLOCK,
  mergeBlocks,
  type PairCounts,
  type PairSide,
} from '../promotion/evidence.ts';
import type { AccountList } from './account-list.ts';
import { type MinuteRow, OUTCOMES, type PairsRow, type RequestsRow } from './minute-row.ts';

/** The events that count once per account and phase. */
export const FIRST_EVENTS = [
  'championFailures',
  'canaryFailures',
  'errorsCandidateOnly',
  'errorsChampionOnly',
  'flaggedCandidateOnly',
  'flaggedChampionOnly',
  'blockedCandidateOnly',
  'blockedChampionOnly',
] as const;
export type FirstEvent = (typeof FIRST_EVENTS)[number];

/** The accounts that a row has of an event, or undefined where it is a row of something else. */
export function accountsOf(row: MinuteRow, event: FirstEvent): AccountList | undefined {
  if (row.kind === 'requests') {
    return event === (row.variant === 'champion' ? 'championFailures' : 'canaryFailures')
      ? row.failed
      : undefined;
  }
  const { errors, flagged, blocked } = row.accounts;
  switch (event) {
    case 'errorsCandidateOnly':
      return errors.candidateOnly;
    case 'errorsChampionOnly':
      return errors.championOnly;
    case 'flaggedCandidateOnly':
      return flagged.candidateOnly;
    case 'flaggedChampionOnly':
      return flagged.championOnly;
    case 'blockedCandidateOnly':
      return blocked.candidateOnly;
    case 'blockedChampionOnly':
      return blocked.championOnly;
    case 'championFailures':
    case 'canaryFailures':
      return undefined;
  }
}

/** A block with other counts of what counts once per account. @param count is given the block's own count */
export function withFirsts(block: Block, count: (event: FirstEvent, own: number) => number): Block {
  const { champion, canary, pairs } = block;
  const { errors, flagged, blocked } = pairs;
  return {
    champion: { ...champion, failures: count('championFailures', champion.failures) },
    canary: { ...canary, failures: count('canaryFailures', canary.failures) },
    pairs: {
      ...pairs,
      errors: {
        candidateOnly: count('errorsCandidateOnly', errors.candidateOnly),
        championOnly: count('errorsChampionOnly', errors.championOnly),
      },
      flagged: {
        candidateOnly: count('flaggedCandidateOnly', flagged.candidateOnly),
        championOnly: count('flaggedChampionOnly', flagged.championOnly),
      },
      blocked: {
        candidateOnly: count('blockedCandidateOnly', blocked.candidateOnly),
        championOnly: count('blockedChampionOnly', blocked.championOnly),
      },
    },
  };
}

/** Everything of a row that adds up: of what counts once per account, the events that no list has room for. */
export function blockOfRow(row: MinuteRow): Block {
  const block =
    row.kind === 'pairs'
      ? { ...EMPTY_BLOCK, pairs: pairsOf(row) }
      : { ...EMPTY_BLOCK, [row.variant]: armOf(row) };
  return withFirsts(block, (event) => accountsOf(row, event)?.others ?? 0);
}

export function blockOfRows(rows: readonly MinuteRow[]): Block {
  return rows.reduce((sum, row) => mergeBlocks(sum, blockOfRow(row)), EMPTY_BLOCK);
}

function armOf({ counts, runTimes }: RequestsRow): ArmCounts {
  const { ok, error, fallback } = counts;
  return { n: ok + error + fallback, failures: 0, fallbacks: fallback, runTimes };
}

const FAILED = OUTCOMES.indexOf('error');
const BLOCKED = OUTCOMES.indexOf('block');
const APPROVED = OUTCOMES.indexOf('approve');

function pairsOf({ table, scores }: PairsRow): PairCounts {
  const sum = (of: (champion: number, candidate: number) => boolean): number =>
    table.reduce(
      (total, count, cell) =>
        of(Math.floor(cell / OUTCOMES.length), cell % OUTCOMES.length) ? total + count : total,
      0,
    );
  const side = (of: (champion: number, candidate: number) => number, counts: BucketCounts): PairSide => ({
    errors: sum((champion, candidate) => of(champion, candidate) === FAILED),
    flagged: sum((champion, candidate) => ![APPROVED, FAILED].includes(of(champion, candidate))),
    blocked: sum((champion, candidate) => of(champion, candidate) === BLOCKED),
    scores: counts,
  });
  return {
    ...EMPTY_BLOCK.pairs,
    n: sum(() => true),
    scored: sum((champion, candidate) => champion !== FAILED && candidate !== FAILED),
    champion: side((champion) => champion, scores.champion),
    candidate: side((_, candidate) => candidate, scores.candidate),
  };
}
