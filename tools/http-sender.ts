import { Agent, request } from 'node:http';

/** What came of a request: the status and body of its answer, or why there was none. */
export type Answer = { readonly status: number; readonly body: string } | { readonly failure: string };

const TIMEOUT_MS = 30_000;

/**
 * Sends JSON over keep-alive connections. A request is sent once, whatever becomes of it: whether a request that got no
 * answer was served cannot be known.
 */
export class HttpSender {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: URL, connections: number) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  post(body: string): Promise<Answer> {
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers, timeout: TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
          response.on('error', (error) => resolve({ failure: error.message }));
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
      sent.on('error', (error) => resolve({ failure: error.message }));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
