import type { IndexedFunction } from '../host/trigger-driver.ts';

/** The functions of one kind, found by their names in any case, as the extension does. */
export class AppFunctions {
  readonly #byName = new Map<string, IndexedFunction>();

  add(name: string, target: IndexedFunction): void {
    this.#byName.set(name.toLowerCase(), target);
  }

  find(name: string): IndexedFunction | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Names as the app wrote them. */
  get names(): string[] {
    return [...this.#byName.values()].map(({ name }) => name);
  }
}
