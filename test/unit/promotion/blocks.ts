import { type Block, EMPTY_BLOCK } from '../../../shared/promotion/evidence.ts';
import { latencyBucket } from '../../../shared/promotion/latency-sketch.ts';

type Arm = Block['champion'];
type Pairs = Block['pairs'];

/** A block of requests of both arms. */
export function armsBlock(champion: Partial<Arm>, canary: Partial<Arm>): Block {
  return {
    ...EMPTY_BLOCK,
    champion: { ...EMPTY_BLOCK.champion, ...champion },
    canary: { ...EMPTY_BLOCK.canary, ...canary },
  };
}

/** A block of rows that both versions scored. */
export function pairsBlock(n: number, pairs: Partial<Pairs>): Block {
  return { ...EMPTY_BLOCK, pairs: { ...EMPTY_BLOCK.pairs, n, scored: n, ...pairs } };
}

/** A sketch of so many requests, of which so many took long. Milliseconds. */
export function times(usual: number, usualMs: number, long = 0, longMs = usualMs): Arm['runTimes'] {
  const [bucket, longBucket] = [latencyBucket(usualMs), latencyBucket(longMs)];
  return bucket === longBucket ? { [bucket]: usual + long } : { [bucket]: usual, [longBucket]: long };
}

/** Counts of one event in pairs: by the candidate alone, by the champion alone. */
export function differ(candidateOnly: number, championOnly = 0): Pairs['errors'] {
  return { candidateOnly, championOnly };
}
