import { machineTime, processorTime } from './processor-time.ts';

/** Other processes may use this share of one core; a round with more of it is measured again. */
const FOREIGN_SHARE = 0.1;
const MOST_REPEATS = 3;

/** One thing that is measured, in turn with the others. */
export interface Variant<T> {
  readonly name: string;
  /** Processes that work for this variant, beside this one. */
  readonly pids: readonly number[];
  /** Before each measurement, and no part of it. */
  readonly prepare?: () => Promise<void>;
  readonly measure: () => Promise<T>;
}

export interface Round<T> {
  readonly result: T;
  /** Milliseconds of processor time of each of the variant's processes. */
  readonly cpuMs: readonly number[];
  readonly foreignShare: number;
}

/**
 * Measures the variants in turn, A B C A B C …, so that a machine whose speed drifts drifts for all of them. A round
 * in which foreign processes took more than a tenth of a core is measured again, a few times.
 */
export async function interleaved<T>(
  variants: readonly Variant<T>[],
  rounds: number,
): Promise<Map<string, Round<T>[]>> {
  const found = new Map<string, Round<T>[]>(variants.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const variant of variants) {
      let best = await measureOnce(variant);
      for (let repeat = 0; best.foreignShare > FOREIGN_SHARE && repeat < MOST_REPEATS; repeat++) {
        const again = await measureOnce(variant);
        if (again.foreignShare < best.foreignShare) best = again;
      }
      found.get(variant.name)?.push(best);
      const noisy =
        best.foreignShare > FOREIGN_SHARE ? `, others used ${percent(best.foreignShare)} of a core` : '';
      console.error(`round ${round}/${rounds}: ${variant.name}${noisy}`);
    }
  }
  return found;
}

async function measureOnce<T>({ pids, prepare, measure }: Variant<T>): Promise<Round<T>> {
  await prepare?.();
  const before = pids.map(processorTime);
  const [ownBefore, allBefore, started] = [ownTime(), machineTime(), performance.now()];
  const result = await measure();
  const cpuMs = pids.map((pid, index) => processorTime(pid) - (before[index] ?? 0));
  const own = ownTime() - ownBefore + cpuMs.reduce((sum, ms) => sum + ms, 0);
  const foreignShare = Math.max(0, machineTime() - allBefore - own) / (performance.now() - started);
  return { result, cpuMs, foreignShare };
}

function ownTime(): number {
  return processorTime(process.pid);
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
