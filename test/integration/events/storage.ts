import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { storageConnection } from '../../../local/endpoints.ts';

const entry = fileURLToPath(new URL('../../../local/storage-server.ts', import.meta.url));
const report = z.object({ ports: z.object({ blob: z.number(), queue: z.number(), table: z.number() }) });

export interface Storage {
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** A storage account of the embedded stack, in a process of its own. */
export async function startStorage(): Promise<Storage> {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'));
  const child = fork(entry, [`--folder=${folder}`], { execArgv: [], env: {}, stdio: 'inherit' });
  const [message]: unknown[] = await once(child, 'message');
  return {
    connectionString: storageConnection(report.parse(message).ports),
    stop: async () => {
      const ended = once(child, 'exit');
      child.send({ type: 'stop' });
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
