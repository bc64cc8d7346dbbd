import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { endWithSupervisor, reportReady } from './child-protocol.ts';
import { startBroker } from './event-hubs/broker.ts';
import { brokerConnectionString } from './event-hubs/connection-string.ts';
import { parseHubSettings } from './event-hubs/hub.ts';
import { portOrAny } from './listen.ts';
import { waitForLock } from './lock.ts';

/**
 * The process that serves Event Hubs: `node event-hubs-server.ts --folder DIR --hub NAME:PARTITIONS[:GROUP,…]…
 * [--port n] [--retention-hours n] [--retention-mb n] [--segment-mb n]`. The retention's size is that of a partition.
 */

const MEBIBYTE = 1024 * 1024;
const HOUR = 3_600_000;
/** Of each partition in memory, for consumers that are up to date. */
const TAIL_BYTES = 4 * MEBIBYTE;

const amount = (otherwise: number) => z.coerce.number().positive().default(otherwise);
const options = z
  .object({
    folder: z.string(),
    port: z.coerce.number().int().min(0).max(65_535).default(0),
    hub: z.array(z.string()).min(1),
    'retention-hours': amount(168),
    'retention-mb': amount(1024),
    'segment-mb': amount(16),
  })
  .parse(
    parseArgs({
      options: {
        folder: { type: 'string' },
        port: { type: 'string' },
        hub: { type: 'string', multiple: true },
        'retention-hours': { type: 'string' },
        'retention-mb': { type: 'string' },
        'segment-mb': { type: 'string' },
      },
    }).values,
  );
const hubs = options.hub.map((text) => parseHubSettings(text));

let close = (): Promise<void> => Promise.resolve();
endWithSupervisor(() => close());

mkdirSync(options.folder, { recursive: true });
// An orphan of a killed stack may still be flushing.
await waitForLock(join(options.folder, 'lock.db'), 10_000);
const broker = await startBroker({
  folder: options.folder,
  port: await portOrAny(options.port),
  hubs,
  limits: {
    segmentBytes: options['segment-mb'] * MEBIBYTE,
    retention: { bytes: options['retention-mb'] * MEBIBYTE, ms: options['retention-hours'] * HOUR },
    tailBytes: TAIL_BYTES,
  },
  now: Date.now,
  report: (problem, error) => {
    console.error(`event hubs: ${problem}:`, error);
  },
});
close = () => broker.close();
reportReady({ port: broker.port, connectionString: brokerConnectionString(broker.port) });
