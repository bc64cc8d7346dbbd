import type { HostServices } from '../trigger-driver.ts';

/** A problem that lasts is told again after so many milliseconds. */
const repeatAfter = 60_000;

/** Tells of a problem that comes up again and again, such as a broker that is away, without filling the log. */
export class ProblemLog {
  readonly #log: HostServices['log'];
  readonly #functionName: string;
  #last: { readonly text: string; readonly at: number } | undefined;

  constructor(log: HostServices['log'], functionName: string) {
    this.#log = log;
    this.#functionName = functionName;
  }

  report(text: string): void {
    const now = performance.now();
    if (this.#last?.text === text && now - this.#last.at < repeatAfter) return;
    this.#last = { text, at: now };
    this.#log.system('error', this.#functionName, undefined, text);
  }

  /** It is over; the text is logged if there was a problem. */
  over(text: string): void {
    if (this.#last === undefined) return;
    this.#last = undefined;
    this.#log.system('information', this.#functionName, undefined, text);
  }
}
