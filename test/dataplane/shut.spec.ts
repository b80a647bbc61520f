import { Lab, until, type Host, type Process } from '../lab/index.js';
import { connects, connectsNot, echoesNot, listen, payload, send } from './traffic.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

const PORT = 4000;
const PUBLISHED = 8080;
/** Published too, and in vain: it leads to another host. */
const ASTRAY = 8081;
const SERVICE = 4001;

describe('a worker', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  /** On the same LAN, with a route into the network by way of worker one. */
  let stranger: Host;
  let here: Container;
  let there: Container;
  let inside: Process;
  let service: Process;

  beforeAll(async () => {
    lab = await Lab.create('shut');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    stranger = await lab.host('stranger');
    for (const worker of [one, two]) await worker.plane.apply(worker.among([one, two]));
    here = await one.container();
    there = await two.container();
    await stranger.output(['ip', 'route', 'add', '10.201.0.0/16', 'via', one.host.address]);
    inside = await listen(here.inside, PORT);
    service = await listen(one.host, SERVICE);
    await publish();
    await until(() => ping(here.inside, there.address));
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  async function publish(): Promise<void> {
    await one.host.output(['nft', '-f', '-'], {
      input: `
        table ip lab_publish {
          chain prerouting { type nat hook prerouting priority dstnat; udp dport ${PUBLISHED} dnat to ${here.address}:${PORT}
            udp dport ${ASTRAY} dnat to ${there.address}:${PORT}
            tcp dport ${PUBLISHED} dnat to ${here.address}:${PORT}; }
        }`,
    });
  }

  /** What the stranger sent before has arrived by now, or never does. */
  async function settled(): Promise<void> {
    const text = payload();
    await send(stranger, one.host.address, { port: PUBLISHED, text });
    await inside.says(`udp from ${stranger.address}: ${text}`);
    const other = payload();
    await send(stranger, one.host.address, { port: SERVICE, text: other });
    await service.says(other);
  }

  it('lets nobody of the LAN reach a container or its gateway, by any route', async () => {
    const text = payload();
    await send(stranger, here.address, { port: PORT, text });
    await send(stranger, there.address, { port: PORT, text });
    await send(stranger, one.gateway, { port: SERVICE, text });
    await Promise.all([echoesNot(stranger, here.address), connectsNot(stranger, here.address, PORT)]);
    await settled();
    expect(inside.stdout + service.stdout).not.toContain(text);
  });

  it('believes nobody of the LAN who sends as a container', async () => {
    const bridge = await lab.capture(one.host, 'banyan0');
    const text = payload();
    for (const from of [there.address, here.address, '10.201.7.7', one.gateway]) {
      await stranger.output(['ip', 'address', 'add', `${from}/32`, 'dev', 'lo']);
      await Promise.all([
        send(stranger, here.address, { port: PORT, text, from }),
        send(stranger, one.host.address, { port: PUBLISHED, text, from }),
        send(stranger, one.host.address, { port: SERVICE, text, from }),
      ]);
      await stranger.output(['ip', 'address', 'del', `${from}/32`, 'dev', 'lo']);
    }
    await settled();
    await bridge.stop();
    expect(inside.stdout + service.stdout).not.toContain(text);
    expect(await bridge.contains(text)).toBe(false);
  });

  it('lets the LAN reach what a container publishes', async () => {
    await connects(stranger, one.host.address, PUBLISHED);
  });

  it('brings nobody of the LAN to containers of other hosts, not even by a port mapping', async () => {
    const arrivals = await listen(there.inside, PORT);
    // The other host would not take it either, but it is not to come as far.
    const tunnel = await lab.capture(one.host, 'banyan-wg');
    const [text, own] = [payload(), payload()];
    await send(stranger, one.host.address, { port: ASTRAY, text });
    await settled();
    await send(here.inside, there.address, { port: PORT, text: own });
    await arrivals.says(own);
    await tunnel.stop();
    expect(await tunnel.contains(own)).toBe(true);
    expect(await tunnel.contains(text)).toBe(false);
    await arrivals.stop();
  });

  it('answers containers of other hosts an echo and nothing else', async () => {
    const text = payload();
    expect(await ping(there.inside, one.gateway)).toBe(true);
    await Promise.all([there.inside, two.host].map((by) => connectsNot(by, one.gateway, SERVICE)));
    await send(there.inside, one.gateway, { port: SERVICE, text });
    await ping(there.inside, one.gateway);
    expect(service.stdout).not.toContain(text);
  });

  it('asks containers of other hosts itself, and is answered', async () => {
    await listen(there.inside, PORT);
    await connects(one.host, there.address, PORT);
  });

  it('answers containers of other hosts once it may, and of its own always', async () => {
    await connects(here.inside, one.gateway, SERVICE);
    await one.plane.apply(one.among([one, two], { hostAccess: true }));
    await connects(there.inside, one.gateway, SERVICE);
    await one.plane.apply(one.among([one, two]));
    await connectsNot(there.inside, one.gateway, SERVICE);
  });

  it('lets no container send as somebody else', async () => {
    const arrivals = await listen(there.inside, 4002);
    const captures = await Promise.all([
      lab.capture(one.host, 'banyan-wg'),
      lab.capture(one.host),
      lab.capture(two.host, 'banyan0'),
    ]);
    const text = payload();
    // Of another host, of nobody, of the host itself, of the LAN.
    for (const from of ['10.201.2.99', '10.201.9.9', one.gateway, '198.51.100.7', stranger.address]) {
      await here.inside.output(['ip', 'address', 'add', `${from}/32`, 'dev', 'lo']);
      await Promise.all(
        [there.address, one.gateway, stranger.address].map((to) =>
          send(here.inside, to, { port: to === one.gateway ? SERVICE : 4002, text, from }),
        ),
      );
      await here.inside.output(['ip', 'address', 'del', `${from}/32`, 'dev', 'lo']);
    }
    const honest = payload();
    await send(here.inside, there.address, { port: 4002, text: honest });
    await arrivals.says(`udp from ${here.address}: ${honest}`);
    await send(here.inside, one.gateway, { port: SERVICE, text: honest });
    await service.says(`udp from ${here.address}: ${honest}`);
    expect(arrivals.stdout + service.stdout).not.toContain(text);
    for (const capture of captures) {
      await capture.stop();
      expect(await capture.contains(text)).toBe(false);
    }
  });

  it('keeps the LAN out by its routing rules while its firewall is flushed and nobody repairs it', async () => {
    await one.host.output(['nft', 'flush', 'ruleset']);
    const captures = await Promise.all(
      ['banyan0', 'banyan-wg'].map((device) => lab.capture(one.host, device)),
    );
    const [text, own, marker] = [payload(), payload(), payload()];
    for (const to of [here.address, there.address]) await send(stranger, to, { port: PORT, text });
    await Promise.all([echoesNot(stranger, here.address), connectsNot(stranger, here.address, PORT)]);
    // Not even by a port mapping: it is the firewall that tells those apart.
    await publish();
    await send(stranger, one.host.address, { port: PUBLISHED, text });
    await send(stranger, one.host.address, { port: SERVICE, text: marker });
    await service.says(marker);
    expect(await ping(here.inside, there.address)).toBe(true);
    await send(there.inside, here.address, { port: PORT, text: own });
    await inside.says(own);
    for (const capture of captures) {
      await capture.stop();
      expect(await capture.contains(own)).toBe(true);
      expect(await capture.contains(text)).toBe(false);
      expect(await capture.packets(`host ${stranger.address}`)).toEqual([]);
    }

    await one.host.output(['ip', 'rule', 'flush', 'protocol', '201']);
    expect(await ping(stranger, here.address)).toBe(true);
    await one.plane.apply(one.among([one, two]));
    await echoesNot(stranger, here.address);
    await connects(stranger, one.host.address, PUBLISHED);
    const server = await listen(stranger, PORT);
    await connects(here.inside, stranger.address, PORT);
    await server.stop();
  });

  it('that was no router before forwards nothing else for the LAN', async () => {
    await two.host.output(['ip', 'address', 'add', '198.51.100.1/32', 'dev', 'lo']);
    await one.host.output(['ip', 'route', 'add', '198.51.100.0/24', 'via', two.host.address]);
    await stranger.output(['ip', 'route', 'add', '198.51.100.0/24', 'via', one.host.address]);
    await echoesNot(stranger, '198.51.100.1');
    await one.host.output(['nft', 'flush', 'ruleset']);
    expect(await ping(stranger, '198.51.100.1')).toBe(true);
    await one.plane.apply(one.among([one, two]));
    await echoesNot(stranger, '198.51.100.1');
  });
});
