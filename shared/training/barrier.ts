/** Cells that a barrier needs in shared memory: threads arrived, and the number of times it has opened. */
export const BARRIER_CELLS = 2;

/** Polls before a thread sleeps: about as long as waking it would take, and most waits here are shorter. */
const POLLS = 2_000;

/**
 * A reusable barrier: each call returns once all `parties` threads have called it. What a thread wrote before, every
 * other thread sees afterwards (atomics order the plain writes around them).
 */
export function createBarrier(cells: Int32Array, parties: number): () => void {
  if (parties === 1) return () => undefined;
  return () => {
    const opened = Atomics.load(cells, 1);
    if (Atomics.add(cells, 0, 1) === parties - 1) {
      Atomics.store(cells, 0, 0);
      Atomics.add(cells, 1, 1);
      Atomics.notify(cells, 1);
      return;
    }
    for (let poll = 0; poll < POLLS; poll += 1) if (Atomics.load(cells, 1) !== opened) return;
    while (Atomics.load(cells, 1) === opened) Atomics.wait(cells, 1, opened);
  };
}
