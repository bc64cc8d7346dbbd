/** Why a task failed: its message, and whether its failure forbids another attempt. */
export interface TaskProblem {
  readonly message: string;
  readonly isNonRetriable: boolean;
}

/** How a task ended. */
export type TaskResult =
  /** JSON text, where the task has a result at all. */
  | { readonly ok: true; readonly value: string | null }
  | { readonly ok: false; readonly problem: TaskProblem };

/**
 * What an orchestration waits for. In contrast to a promise its continuations run at once, within the call that settles
 * it: so does the framework have it, and the numbers of actions follow from that order.
 */
export class Task {
  #result: TaskResult | undefined;
  #continuation: ((result: TaskResult) => void) | undefined;

  static done(value: string | null = null): Task {
    const task = new Task();
    task.settle({ ok: true, value });
    return task;
  }

  static failed(message: string): Task {
    const task = new Task();
    task.fail(message);
    return task;
  }

  get settled(): boolean {
    return this.#result !== undefined;
  }

  /** Ends the task; of several calls the first counts. */
  settle(result: TaskResult): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    this.#continuation?.(result);
  }

  fail(message: string): void {
    this.settle({ ok: false, problem: { message, isNonRetriable: false } });
  }

  /** Has the one continuation of the task run when it is settled; at once if it is. */
  onSettled(continuation: (result: TaskResult) => void): void {
    if (this.#result === undefined) this.#continuation = continuation;
    else continuation(this.#result);
  }
}

/** Settled when all are, whether they failed or not; of none at once. */
export function whenAll(tasks: readonly Task[]): Task {
  const all = new Task();
  let open = tasks.length;
  if (open === 0) return Task.done();
  for (const task of tasks) {
    task.onSettled(() => {
      open -= 1;
      if (open === 0) all.settle({ ok: true, value: null });
    });
  }
  return all;
}

/** Settled when one is, whether it failed or not. */
export function whenAny(tasks: readonly Task[]): Task {
  const any = new Task();
  for (const task of tasks) task.onSettled(() => any.settle({ ok: true, value: null }));
  return any;
}
