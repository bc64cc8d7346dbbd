import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { writeEmpty } from './http-reply.ts';

export type Listener = (message: IncomingMessage, response: ServerResponse) => void;

export interface HttpLimits {
  /** For a request's head, from the first byte of its connection; ends callers that send slowly on purpose. */
  readonly headersTimeout: number;
  /** For a whole request with its body. */
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly connectionsCheckingInterval: number;
  /** How long a request that came before the app is loaded waits for it. */
  readonly holdMilliseconds: number;
}

export interface PortOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  /** Other hosts listen there too, and the system spreads the connections among them. */
  readonly shared: boolean;
}

/** Those of Kestrel, Azure's server, where Node has them. In milliseconds. */
const defaultLimits: HttpLimits = {
  headersTimeout: 30_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 130_000,
  connectionsCheckingInterval: 5_000,
  holdMilliseconds: 30_000,
};

/**
 * The host's server: it accepts connections before the app is loaded and holds the requests until then, and at its
 * end lets the requests that run finish.
 */
export class HttpServer {
  #port: number;
  readonly #shared: boolean;
  readonly #server: Server;
  readonly #holdMilliseconds: number;
  #listener: Listener | undefined;
  readonly #mounts: { readonly path: string; readonly listener: Listener }[] = [];
  #held: {
    readonly message: IncomingMessage;
    readonly response: ServerResponse;
    readonly limit: NodeJS.Timeout;
  }[] = [];
  readonly #active = new Set<ServerResponse>();
  #stopping = false;
  #idle: (() => void) | undefined;

  private constructor(server: Server, { port, shared }: PortOptions, holdMilliseconds: number) {
    this.#server = server;
    this.#holdMilliseconds = holdMilliseconds;
    this.#port = port;
    this.#shared = shared;
    server.on('request', (message, response) => {
      this.#accept(message, response);
    });
  }

  /** A server that does not listen yet. */
  static create(options: PortOptions, limits = defaultLimits): HttpServer {
    const { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval } = limits;
    const server = createServer({
      maxHeaderSize: 32_768,
      headersTimeout,
      requestTimeout,
      keepAliveTimeout,
      connectionsCheckingInterval,
    });
    return new HttpServer(server, options, limits.holdMilliseconds);
  }

  /** A server that listens. */
  static async listen(port: number, limits = defaultLimits): Promise<HttpServer> {
    const server = HttpServer.create({ port, shared: false }, limits);
    await server.listen();
    return server;
  }

  /**
   * Binds 127.0.0.1.
   * @throws Error of the system: the port is taken, or it can't be shared
   */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const options = { port: this.#port, host: '127.0.0.1', backlog: 1_024, reusePort: this.#shared };
      this.#server.listen(options, () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    this.#port = address.port;
  }

  /** Where it listens, or is going to; 0 before the system has chosen. */
  get port(): number {
    return this.#port;
  }

  /** Serves a path and everything below it beside the app's functions. */
  mount(path: string, listener: Listener): void {
    this.#mounts.push({ path, listener });
  }

  /** Gives all requests, the held ones first, to the listener. */
  open(listener: Listener): void {
    this.#listener = listener;
    const held = this.#held;
    this.#held = [];
    for (const { message, response, limit } of held) {
      clearTimeout(limit);
      this.#dispatch(listener, message, response);
    }
  }

  /**
   * Refuses new connections and waits until the requests that run are answered.
   * @param milliseconds after which the remaining connections are cut
   */
  async close(milliseconds: number): Promise<void> {
    this.#stopping = true;
    for (const { response, limit } of this.#held) {
      clearTimeout(limit);
      writeEmpty(response, 503, ['retry-after', '1']);
    }
    this.#held = [];
    for (const response of this.#active) response.shouldKeepAlive = false;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#active.size === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            this.#idle = resolve;
          }),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
      }),
    ]);
    clearTimeout(timer);
    this.#server.closeAllConnections();
    await closed;
  }

  #accept(message: IncomingMessage, response: ServerResponse): void {
    this.#active.add(response);
    response.once('close', () => {
      this.#active.delete(response);
      if (this.#active.size === 0) this.#idle?.();
    });
    // A connection that stays open would wait for the end of the process.
    if (this.#stopping) response.shouldKeepAlive = false;
    const listener = this.#listener;
    if (listener !== undefined) {
      this.#dispatch(listener, message, response);
    } else if (this.#stopping) {
      writeEmpty(response, 503, ['retry-after', '1']);
    } else {
      const limit = setTimeout(() => {
        this.#held = this.#held.filter((one) => one.response !== response);
        writeEmpty(response, 503, ['retry-after', '1']);
      }, this.#holdMilliseconds);
      this.#held.push({ message, response, limit });
    }
  }

  #dispatch(listener: Listener, message: IncomingMessage, response: ServerResponse): void {
    if (this.#mounts.length > 0) {
      const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
      const mount = this.#mounts.find((one) => path === one.path || path.startsWith(`${one.path}/`));
      if (mount !== undefined) {
        mount.listener(message, response);
        return;
      }
    }
    listener(message, response);
  }
}
