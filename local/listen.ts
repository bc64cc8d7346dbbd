import { createServer } from 'node:net';

/** Every server of the stack is for this machine only. */
export const LOOPBACK = '127.0.0.1';

/**
 * The port to listen on: the preferred one where it is free, otherwise 0, which lets the system pick.
 * @param preferred 0 for no preference
 */
export async function portOrAny(preferred: number): Promise<number> {
  return preferred !== 0 && (await isFree(preferred)) ? preferred : 0;
}

/** Whether a port can be listened on. It may be taken the moment after. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    probe.listen(port, LOOPBACK, () => probe.close(() => resolve(true)));
  });
}
