import type { Answer } from './http-sender.ts';

/** Counts of what was answered, for the closing table. */
export class TrafficStatistics {
  readonly #latencies: number[] = [];
  readonly #failures = new Map<string, number>();
  readonly #started = performance.now();
  #sent = 0;
  #succeeded = 0;

  add(answer: Answer, ms: number): void {
    this.#sent += 1;
    if ('failure' in answer) {
      this.#count(answer.failure);
      return;
    }
    this.#latencies.push(ms);
    if (answer.status === 200) this.#succeeded += 1;
    else this.#count(`status ${answer.status}`);
  }

  /** Whether every request was answered 200. */
  get allAnswered(): boolean {
    return this.#succeeded === this.#sent;
  }

  rows(): [string, string][] {
    const sorted = Float64Array.from(this.#latencies).sort();
    const seconds = (performance.now() - this.#started) / 1_000;
    const quantile = (share: number): string => {
      const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
      return value === undefined ? '–' : `${value.toFixed(1)} ms`;
    };
    return [
      ['sent', this.#sent.toLocaleString('en')],
      ['answered', sorted.length.toLocaleString('en')],
      ['answered 200', this.#succeeded.toLocaleString('en')],
      ...[...this.#failures].map(([what, count]): [string, string] => [what, count.toLocaleString('en')]),
      ['rate', `${(this.#sent / seconds).toFixed(0)} a second`],
      ['p50', quantile(0.5)],
      ['p95', quantile(0.95)],
      ['p99', quantile(0.99)],
    ];
  }

  #count(what: string): void {
    this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
  }
}
