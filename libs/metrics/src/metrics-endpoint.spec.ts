import type { Log } from '#log';
import { createServer, request, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Counter, MetricsEndpoint, Registry } from './index.js';

const lines: string[] = [];
const log: Log = { say: (_, line) => void lines.push(line) };
const registry = new Registry();
new Counter({ name: 'things_total', help: 'Things.', labelNames: ['name'], registers: [registry] }).inc(
  { name: 'a"b\\c\nd' },
  3,
);
let endpoint: MetricsEndpoint;

beforeAll(async () => {
  endpoint = new MetricsEndpoint({ host: '127.0.0.1', port: 0 }, registry, log);
  endpoint.open();
  await listening();
});
afterAll(() => endpoint.close());
beforeEach(() => void lines.splice(0));

const listening = async (): Promise<void> => {
  while (endpoint.port === undefined) await new Promise((turn) => setImmediate(turn));
};

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const asked = request({ host: '127.0.0.1', port: endpoint.port, path, method, headers }).end();
  const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const part of answer) text += String(part);
  return { code: answer.statusCode, type: answer.headers['content-type'], text };
}

describe('the metrics endpoint', () => {
  it('answers as Prometheus reads it, a line for each figure whatever a label holds', async () => {
    const { code, type, text } = await ask('/metrics');
    expect(code).toBe(200);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('things_total{name="a\\"b\\\\c\\nd"} 3\n');
  });

  it.each([
    ['/', 'GET', 404],
    ['/metrics?x=1', 'GET', 404],
    ['/metrics', 'POST', 405],
  ])('has nothing else: %s by %s', async (path, method, code) => {
    expect((await ask(path, {}, method)).code).toBe(code);
  });

  it.each([
    ['prometheus.example:9750', 403],
    ['127.0.0.1.example', 403],
    ['localhost:9750', 200],
    ['[::1]:9750', 200],
    ['10.200.0.1', 200],
  ])('is read by who asks for an address, and by no page of another name: Host %j', async (host, code) => {
    expect((await ask('/metrics', { host })).code).toBe(code);
  });

  it('says once that its address is taken, and stops no service for it', async () => {
    const other: Server = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const late = new MetricsEndpoint({ host: '127.0.0.1', port }, registry, log);
    late.open();
    while (lines.length === 0) await new Promise((turn) => setImmediate(turn));
    expect(lines).toEqual([
      expect.stringMatching(/^no metrics on 127\.0\.0\.1:\d+: .*EADDRINUSE.*metrics_listen/),
    ]);
    await late.close();
    other.close();
  });
});
