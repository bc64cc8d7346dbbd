import { connect, type Socket } from 'node:net';

/** Latencies in milliseconds, rate in requests a second. */
export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  /** Bodies that are sent in turn. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, whatever the server answers (open loop); default: as fast as the answers come (closed loop). */
  readonly rate?: number;
}

/**
 * Sends POSTs over keep-alive connections and measures each. On raw sockets, because a client's own cost counts here:
 * it runs on the same two cores as the server. In an open loop a latency counts from the moment that a request was
 * due, so a server that stalls cannot hide the requests that it delayed.
 */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const requests = options.bodies.map((body) =>
    Buffer.from(
      `POST ${options.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const latencies: number[] = [];
  let failures = 0;
  let sent = 0;
  const next = (): Buffer => requests[sent++ % requests.length] ?? Buffer.alloc(0);
  const idle: Connection[] = [];
  const due: number[] = [];
  const started = performance.now();
  const end = started + options.seconds * 1_000;
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () =>
      Connection.open(options.port, (connection, since, status) => {
        const now = performance.now();
        latencies.push(now - since);
        if (status !== 200) failures++;
        if (options.rate === undefined) {
          if (now < end) connection.send(next(), now);
        } else {
          const waiting = due.shift();
          if (waiting === undefined) idle.push(connection);
          else connection.send(next(), waiting);
        }
      }),
    ),
  );
  if (options.rate === undefined) {
    for (const connection of connections) connection.send(next(), performance.now());
    await until(end);
  } else {
    idle.push(...connections);
    await paced(options.rate, started, end, (at) => {
      const connection = idle.pop();
      if (connection === undefined) due.push(at);
      else connection.send(next(), at);
    });
  }
  while (connections.some(({ busy }) => busy)) await until(performance.now() + 5);
  for (const connection of connections) connection.close();
  const seconds = (performance.now() - started) / 1_000;
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests: latencies.length,
    failures,
    seconds,
    rate: latencies.length / seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
}

/** The value at a share of sorted values; NaN where there are none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

class Connection {
  readonly #socket: Socket;
  readonly #onReply: (connection: Connection, since: number, status: number) => void;
  #received: Buffer = Buffer.alloc(0);
  #since = 0;
  busy = false;

  private constructor(
    socket: Socket,
    onReply: (connection: Connection, since: number, status: number) => void,
  ) {
    this.#socket = socket;
    this.#onReply = onReply;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
  }

  static async open(port: number, onReply: (connection: Connection, since: number, status: number) => void) {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Connection(socket, onReply);
  }

  send(request: Buffer, since: number): void {
    this.busy = true;
    this.#since = since;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const head = this.#received.indexOf('\r\n\r\n');
    if (head === -1) return;
    const headers = this.#received.toString('latin1', 0, head);
    const length = Number(/content-length: *(\d+)/i.exec(headers)?.[1] ?? 0);
    if (this.#received.length < head + 4 + length) return;
    this.#received = Buffer.alloc(0);
    this.busy = false;
    this.#onReply(this, this.#since, Number(headers.slice(9, 12)));
  }
}

async function until(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
}

async function paced(rate: number, from: number, to: number, send: (at: number) => void): Promise<void> {
  const count = Math.floor(((to - from) / 1_000) * rate);
  for (let sent = 0; sent < count;) {
    const now = performance.now();
    for (; sent < count && from + (sent * 1_000) / rate <= now; sent++) send(from + (sent * 1_000) / rate);
    await until(now + 1);
  }
}
