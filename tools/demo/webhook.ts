import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const alertEventSchema = z.object({
  subject: z.string(),
  data: z.object({ state: z.string(), severity: z.string(), title: z.string() }),
});
export type ReceivedAlert = z.infer<typeof alertEventSchema>;

export interface WebhookReceiver {
  readonly url: string;
  /** What has come in, the oldest first. */
  readonly received: readonly ReceivedAlert[];
  close(): void;
}

/** Stands for whatever a bank's alerts go to: takes CloudEvents on a free port of this machine. */
export async function startReceiver(onAlert: (alert: ReceivedAlert) => void): Promise<WebhookReceiver> {
  const received: ReceivedAlert[] = [];
  const server = createServer((request, response) => {
    void json(request)
      .then((body) => alertEventSchema.parse(body))
      .then(
        (alert) => {
          received.push(alert);
          onAlert(alert);
          response.writeHead(202).end();
        },
        () => response.writeHead(400).end(),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, received, close: () => server.close() };
}
