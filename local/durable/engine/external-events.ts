import { Task } from './task.ts';

/**
 * The external events of one execution. Of several waits for a name the last gets the next event; events that nobody
 * waits for are kept for later waits, first come first served. Names are compared without regard to case.
 */
export class ExternalEvents {
  readonly #waits = new Map<string, Task[]>();
  readonly #early = new Map<string, string[]>();

  /** @returns a task whose result is the event's input, a JSON text */
  wait(name: string): Task {
    const task = new Task();
    const early = this.#early.get(name.toLowerCase())?.shift();
    if (early === undefined) pushTo(this.#waits, name, task);
    else task.settle({ ok: true, value: early });
    return task;
  }

  raise(name: string, input: string | null): void {
    const task = this.#waits.get(name.toLowerCase())?.pop();
    if (task === undefined) pushTo(this.#early, name, input ?? 'null');
    else task.settle({ ok: true, value: input });
  }
}

function pushTo<T>(lists: Map<string, T[]>, name: string, value: T): void {
  const list = lists.get(name.toLowerCase());
  if (list === undefined) lists.set(name.toLowerCase(), [value]);
  else list.push(value);
}
