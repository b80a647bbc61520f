import { Lab, until, type Host } from '../lab/index.js';
import { connects, listen, payload, send } from './traffic.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

const PORT = 4000;
const BYTES = 20_000_000;
/** Sends that many bytes and says how many the other end has counted. */
const PUSH = `
  const [host, port, bytes] = process.argv.slice(1);
  const socket = require('net').connect(Number(port), host, () => socket.end(Buffer.alloc(Number(bytes), 'x')));
  socket.on('data', (text) => console.log('counted ' + text));`;
const COUNT = `
  const [port] = process.argv.slice(1);
  require('net').createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length)).on('end', () => socket.end(String(bytes)));
  }).listen(Number(port), () => console.log('listening'));`;

describe('what passes between hosts', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  let internet: Host;
  let here: Container;
  let there: Container;

  beforeAll(async () => {
    lab = await Lab.create('passage');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    internet = await lab.host('internet');
    for (const worker of [one, two]) await worker.plane.apply(worker.among([one, two]));
    here = await one.container();
    there = await two.container();
    await until(() => ping(here.inside, there.address));
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  it('has its own source within the network, and that of the host outside', async () => {
    const text = payload();
    const [container, server] = await Promise.all([listen(there.inside, PORT), listen(internet, PORT)]);
    await send(here.inside, there.address, { port: PORT, text });
    await container.says(`udp from ${here.address}: ${text}`);
    await send(here.inside, internet.address, { port: PORT, text });
    await server.says(`udp from ${one.host.address}: ${text}`);
    await connects(here.inside, internet.address, PORT);
    await send(one.host, there.address, { port: PORT, text });
    await container.says(`udp from ${one.gateway}: ${text}`);
  });

  it('is as large as the tunnel takes and no larger, as the sender is told', async () => {
    const echo = (size: number) =>
      here.inside.run(['ping', '-c', '1', '-w', '30', '-M', 'do', '-s', String(size), there.address]);
    expect(await echo(1392)).toMatchObject({ exitCode: 0 });
    const refused = await echo(1393);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout + refused.stderr).toContain('mtu=1420');
  });

  it('is told by the host what the tunnel takes where the container does not know', async () => {
    await here.inside.output(['ip', 'link', 'set', 'eth0', 'mtu', '1500']);
    await one.host.output(['ip', 'link', 'set', 'veth1', 'mtu', '1500']);
    try {
      const echo = await here.inside.run([
        'ping',
        '-c',
        '1',
        '-w',
        '30',
        '-M',
        'do',
        '-s',
        '1393',
        there.address,
      ]);
      expect(echo.stdout + echo.stderr).toMatch(/Frag needed .*mtu = 1420/);
    } finally {
      await here.inside.output(['ip', 'link', 'set', 'eth0', 'mtu', '1420']);
      await one.host.output(['ip', 'link', 'set', 'veth1', 'mtu', '1420']);
      await here.inside.output(['ip', 'route', 'flush', 'cache']);
    }
  });

  it('opens TCP connections with segments that fit, whatever the containers believe', async () => {
    for (const container of [here, there]) {
      await container.inside.output(['ip', 'link', 'set', 'eth0', 'mtu', '1500']);
    }
    const counter = there.inside.spawn(['node', '-e', COUNT, '4001']);
    await counter.says('listening');
    const [near, far] = [await lab.capture(one.host, 'veth1'), await lab.capture(two.host, 'veth1')];
    const pushed = await here.inside.output(['node', '-e', PUSH, there.address, '4001', String(BYTES)]);
    expect(pushed).toBe(`counted ${BYTES}\n`);
    await Promise.all([near.stop(), far.stop()]);
    const sizes = async (host: Host, file: string, flags: string) => {
      const shown = await host.output([
        'tcpdump',
        '-r',
        file,
        '-nnt',
        `tcp[tcpflags] & (tcp-syn|tcp-ack) == ${flags}`,
      ]);
      // A busy machine says it twice.
      return [...new Set(shown.match(/mss \d+/g))];
    };
    expect(await sizes(one.host, near.file, 'tcp-syn')).toEqual(['mss 1460']);
    expect(await sizes(two.host, far.file, 'tcp-syn')).toEqual(['mss 1380']);
    expect(await sizes(two.host, far.file, 'tcp-syn|tcp-ack')).toEqual(['mss 1460']);
    expect(await sizes(one.host, near.file, 'tcp-syn|tcp-ack')).toEqual(['mss 1380']);
  });

  it('goes on when the path below gets narrower, and the tunnel after it, under containers that stay as they are', async () => {
    const push = async (port: number) => {
      const counter = there.inside.spawn(['node', '-e', COUNT, String(port)]);
      await counter.says('listening');
      const pushed = here.inside.output(['node', '-e', PUSH, there.address, String(port), String(BYTES)]);
      expect(await pushed).toBe(`counted ${BYTES}\n`);
    };
    for (const { host } of [one, two]) await host.output(['ip', 'link', 'set', 'eth0', 'mtu', '1400']);
    await push(4002);
    for (const worker of [one, two]) await worker.plane.apply({ ...worker.among([one, two]), mtu: 1300 });
    const far = await lab.capture(two.host, 'veth1');
    await push(4003);
    await far.stop();
    const opened = await two.host.output(['tcpdump', '-r', far.file, '-nnt', 'tcp[tcpflags] == tcp-syn']);
    expect([...new Set(opened.match(/mss \d+/g))]).toEqual(['mss 1260']);
  });
});
