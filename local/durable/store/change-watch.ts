import { type FSWatcher, watch } from 'node:fs';

/** Between two looks where the operating system tells of changes, in milliseconds: should it miss one. */
const WITH_NOTICE = 500;
/** Between two looks where it doesn't: an idle process is seldom woken up, and work hardly waits. */
const WITHOUT_NOTICE = 50;

/**
 * Has something called within milliseconds after any process has written to a SQLite database in WAL mode. Being told by
 * the operating system costs an idle process nothing.
 * @returns ends that
 */
export function watchChanges(file: string, look: () => void): () => void {
  let timer = setInterval(look, WITH_NOTICE).unref();
  const lookMoreOften = (): void => {
    clearInterval(timer);
    timer = setInterval(look, WITHOUT_NOTICE).unref();
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(`${file}-wal`, { persistent: false }, look);
    watcher.once('error', lookMoreOften);
  } catch {
    // No notices to be had: the number of watches is limited, and some file systems have none.
    lookMoreOften();
  }
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}
