import { Lab, until, type Host, type Process } from '../lab/index.js';
import { connects, connectsNot, echoesNot, listen, payload, send } from './traffic.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

const PORT = 4000;
const SERVICE = 4001;

/** Here WireGuard lets a peer send whatever it likes: the rules alone judge it. */
describe('a worker among hosts that somebody else has taken over', () => {
  let lab: Lab;
  let one: Worker;
  /** Without any rules of its own, and root on it sends as it likes. */
  let hostile: Worker;
  let router: Host;
  let here: Container;
  let inside: Process;
  let service: Process;

  beforeAll(async () => {
    lab = await Lab.create('hostile');
    one = await Worker.create(await lab.host('one'), 1);
    hostile = await Worker.create(await lab.host('hostile'), 2);
    router = await lab.host('router');
    // A router before, so that it is none but by the rules that are looked at here.
    await one.host.output(['sysctl', '-w', 'net.ipv4.ip_forward=1']);
    for (const worker of [one, hostile]) await worker.plane.apply(worker.among([one, hostile]));
    here = await one.container();
    await until(() => ping(hostile.host, here.address));
    inside = await listen(here.inside, PORT);
    service = await listen(one.host, SERVICE);
    await trust(one, hostile);
    await trust(hostile, one);
    await hostile.host.output(['nft', 'flush', 'ruleset']);
  });
  afterAll(async () => {
    await Promise.all([one, hostile].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  async function trust(worker: Worker, other: Worker): Promise<void> {
    const peer = ['peer', other.privateKey.publicKey.text];
    await worker.host.output(['wg', 'set', 'banyan-wg', ...peer, 'allowed-ips', '0.0.0.0/0,::/0']);
  }

  it('believes no peer that sends as one of its own containers or as none', async () => {
    const bridge = await lab.capture(one.host, 'banyan0');
    const text = payload();
    for (const from of ['10.201.1.99', '198.51.100.7']) {
      await hostile.host.output(['ip', 'address', 'add', `${from}/32`, 'dev', 'lo']);
      await send(hostile.host, here.address, { port: PORT, text, from });
      await send(hostile.host, one.gateway, { port: SERVICE, text, from });
    }
    const honest = payload();
    await send(hostile.host, here.address, { port: PORT, text: honest });
    await inside.says(`udp from ${hostile.gateway}: ${honest}`);
    await bridge.stop();
    expect(inside.stdout + service.stdout).not.toContain(text);
    expect(await bridge.contains(text)).toBe(false);
  });

  it('is no way out for peers', async () => {
    const wire = await lab.capture(one.host);
    await hostile.host.output([
      'ip',
      'route',
      'add',
      '198.51.100.0/24',
      'dev',
      'banyan-wg',
      'src',
      hostile.gateway,
    ]);
    await one.host.output(['ip', 'route', 'add', '198.51.100.0/24', 'via', router.address]);
    const [text, marker] = [payload(), payload()];
    await send(hostile.host, '198.51.100.9', { port: PORT, text, from: hostile.gateway });
    await ping(hostile.host, here.address);
    await send(one.host, router.address, { port: 9, text: marker });
    await until(() => wire.contains(marker));
    await wire.stop();
    expect(await wire.contains(text)).toBe(false);
  });

  it('is no way into the control network for containers', async () => {
    await one.host.output(['ip', 'address', 'add', '10.200.0.77/32', 'dev', 'lo']);
    await connectsNot(here.inside, '10.200.0.77', SERVICE);
    await connects(here.inside, one.gateway, SERVICE);
  });

  it('speaks no IPv6 with containers and peers, whatever addresses there are', async () => {
    // Where peers may reach the host, nothing else keeps it from answering.
    await one.plane.apply(one.among([one, hostile], { hostAccess: true }));
    await trust(one, hostile);
    const address = (...args: string[]) => ['ip', '-6', 'address', 'add', ...args, 'nodad'];
    await one.host.output(address('fd00:1::1/64', 'dev', 'banyan0'));
    await here.inside.output(address('fd00:1::2/64', 'dev', 'eth0'));
    await one.host.output(address('fd00:2::1/64', 'dev', 'banyan-wg'));
    await hostile.host.output(address('fd00:2::2/64', 'dev', 'banyan-wg'));
    await Promise.all([echoesNot(here.inside, 'fd00:1::1'), echoesNot(hostile.host, 'fd00:2::1')]);
    await one.host.output(['nft', 'flush', 'ruleset']);
    expect(await ping(here.inside, 'fd00:1::1')).toBe(true);
    expect(await ping(hostile.host, 'fd00:2::1')).toBe(true);
    await one.plane.apply(one.among([one, hostile]));
  });

  it('clamps segments both ways by itself', async () => {
    await here.inside.output(['ip', 'link', 'set', 'eth0', 'mtu', '1500']);
    const far = await hostile.container();
    await far.inside.output(['ip', 'link', 'set', 'eth0', 'mtu', '1500']);
    await hostile.host.output(['nft', 'flush', 'ruleset']);
    const [tunnel, cable] = [await lab.capture(one.host, 'banyan-wg'), await lab.capture(one.host, 'veth1')];
    await listen(far.inside, PORT);
    await connects(here.inside, far.address, PORT);
    await Promise.all([tunnel.stop(), cable.stop()]);
    const sizes = async (file: string) => {
      const shown = await one.host.output(['tcpdump', '-r', file, '-nnt', 'tcp[tcpflags] & tcp-syn != 0']);
      // A busy machine says it twice.
      return [...new Set(shown.match(/mss \d+/g))];
    };
    // The opening goes out clamped, and its answer, which the other host has not clamped, comes in so.
    expect(await sizes(tunnel.file)).toEqual(['mss 1380', 'mss 1460']);
    expect(await sizes(cable.file)).toEqual(['mss 1460', 'mss 1380']);
  });
});
