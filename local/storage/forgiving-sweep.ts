import type { AzuriteServer } from './azurite.ts';

/**
 * Azurite closes a whole service when the search for payloads that nothing refers to fails, which it does now and then
 * after a kill. The search only frees space: it is tried again ten minutes later, and the service goes on.
 * @param report told of each failure
 */
export function forgiveSweep(
  { gcManager }: Pick<AzuriteServer, 'gcManager'>,
  report: (error: unknown) => void,
): void {
  if (gcManager === undefined) return;
  const sweep = gcManager.markSweep.bind(gcManager);
  gcManager.markSweep = async () => {
    try {
      await sweep();
    } catch (error) {
      report(error);
    }
  };
}
