import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import type { Registry } from 'prom-client';
import { messageOf } from '#errors';
import type { Log } from '#log';
import type { ListenAddress } from '#config';

// Not imported: that asks for all there is in it, and Node then loads its web client as well, 4 MiB that no service uses.
const { createServer } = process.getBuiltinModule('node:http');

/** Milliseconds: a port that is taken may come free, and the tunnel's address may come later than we. */
const RETRY_MS = 10_000;
const REQUEST_MS = 5_000;
/** Prometheus keeps one open; a few people look by hand. */
const MOST_CONNECTIONS = 16;

/**
 * `GET /metrics` for Prometheus. Figures are of use and not of need: an address that cannot be had is said, tried
 * again, and never keeps a service from starting.
 *
 * It answers only who asks for it by an IP address or as localhost: a page in a browser could have its own name
 * resolve to this host, and would then read what is here.
 */
export class MetricsEndpoint {
  readonly #server: Server;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly at: ListenAddress,
    private readonly registry: Registry,
    private readonly log: Log,
  ) {
    this.#server = createServer(
      { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
      (request, response) => {
        void this.#answer(request, response);
      },
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('error', (error) => this.#failed(error));
    this.#server.on('listening', () => {
      this.log.say('metrics.listening', `metrics are on http://${this.#shown}/metrics`);
    });
  }

  open(): void {
    this.#server.listen({ host: this.at.host, port: this.at.port });
  }

  /** Where it listens now; undefined while it does not. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  get #shown(): string {
    const { host, port } = this.at;
    return `${isIPv6(host) ? `[${host}]` : host}:${this.port ?? port}`;
  }

  #failed(error: Error): void {
    this.log.say(
      'metrics.unavailable',
      `no metrics on ${this.#shown}: ${messageOf(error)}. Tried again every ${RETRY_MS / 1000} s; metrics_listen names another address, or "off".`,
    );
    this.#retry = setTimeout(() => {
      if (!this.#server.listening) this.open();
    }, RETRY_MS).unref();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refusal(request);
    if (refused) return void response.writeHead(refused.code).end(`${refused.why}\n`);
    try {
      const text = await this.registry.metrics();
      response.writeHead(200, { 'content-type': this.registry.contentType }).end(text);
    } catch (error) {
      this.log.say('metrics.unavailable', `metrics cannot be read: ${messageOf(error)}`);
      response.writeHead(500).end('metrics cannot be read; see the log\n');
    }
  }
}

function refusal({ method, url, headers }: IncomingMessage): { code: number; why: string } | undefined {
  if (!isAskedByAddress(headers.host)) return { code: 403, why: 'ask by IP address, or as localhost' };
  if (url !== '/metrics') return { code: 404, why: 'there is /metrics, and nothing else' };
  if (method !== 'GET' && method !== 'HEAD') return { code: 405, why: 'GET, and nothing else' };
  return undefined;
}

function isAskedByAddress(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}
