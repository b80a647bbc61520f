import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutRoot } from '../lab/checkout.js';
import { Lab, until, type Capture, type Host } from '../lab/index.js';
import { connects, connectsNot, echoesNot, listen, payload, send, talk } from './traffic.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

const PORT = 4000;
const BLACKHOLE = ['ip', 'route', 'del', 'blackhole', '10.201.0.0/16'];
const ROUTING_RULES = ['ip', 'rule', 'flush', 'protocol', '201'];
const UNIT = 'packaging/systemd/banyan-guard.service';

describe('a host that boots', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  /** The way of both to anywhere else, with a way into the network by worker one. */
  let router: Host;
  let there: Container;
  /** What the unit starts. */
  let commands: string[][];

  beforeAll(async () => {
    const unit = await readFile(join(checkoutRoot(), UNIT), 'utf8');
    commands = [...unit.matchAll(/^ExecStart=-?(.*)$/gm)].map(([, line = '']) => line.split(' '));
    lab = await Lab.create('guard');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    router = await lab.host('router');
    for (const worker of [one, two]) {
      await worker.host.output(['ip', 'route', 'add', 'default', 'via', router.address]);
      await worker.plane.apply(worker.among([one, two]));
    }
    await router.output(['ip', 'route', 'add', '10.201.0.0/16', 'via', one.host.address]);
    await one.host.output(['mkdir', '-p', '/var/lib/banyan']);
    await one.host.output(['ln', '-s', one.stateDir, '/var/lib/banyan/agent']);
    there = await two.container();
    await listen(there.inside, PORT);
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  /** What is left after a boot, and then what Docker does: forwarding, the bridge, a container. */
  async function boot({ guarded }: { guarded: boolean }): Promise<Container> {
    const { host } = one;
    for (const name of ['banyan-wg', 'banyan0']) await host.output(['ip', 'link', 'del', name]);
    await host.output(['nft', 'flush', 'ruleset']);
    for (const command of [BLACKHOLE, ROUTING_RULES]) await host.output(command);
    if (guarded) for (const command of commands) await host.output(command);
    await host.output(['sysctl', '-w', 'net.ipv4.ip_forward=1']);
    await host.output(['ip', 'link', 'add', 'banyan0', 'type', 'bridge']);
    await host.output(['ip', 'address', 'add', `${one.gateway}/24`, 'dev', 'banyan0']);
    await host.output(['ip', 'link', 'set', 'banyan0', 'up']);
    return one.container();
  }

  async function settled(wire: Capture): Promise<void> {
    const text = payload();
    await send(one.host, router.address, { port: 9, text });
    await until(() => wire.contains(text));
  }

  it('is closed both ways by what the unit loads, with containers running and no agent', async () => {
    expect(commands).toHaveLength(2);
    const wire = await lab.capture(one.host);
    const here = await boot({ guarded: true });
    const [text, spoofed] = [payload(), payload()];
    const attempt = talk(here.inside, there.address, PORT);
    for (const by of [here.inside, one.host]) await send(by, there.address, { port: PORT, text });
    await send(here.inside, router.address, { port: PORT, text: spoofed, from: here.address });
    const listener = await listen(here.inside, PORT);
    await send(router, here.address, { port: PORT, text });
    await connectsNot(router, here.address, PORT);
    await echoesNot(router, here.address);
    await settled(wire);
    expect(listener.stdout).not.toContain(text);
    // Of what the host and its container have sent, nothing was for the network; nor was anything answered.
    expect(
      await wire.packets(`src net 10.201.0.0/16 or (dst net 10.201.0.0/16 and not src ${router.address})`),
    ).toEqual([]);
    expect(await wire.packets(`udp port ${PORT} and src ${one.host.address}`)).toHaveLength(1);

    // What was written down is just what is needed now: nothing is loaded a second time.
    const changes = (await one.newPlane().apply(one.among([one, two]))).map(({ what }) => what);
    expect(changes).toContain('banyan-wg: create the interface');
    expect(changes.filter((what) => /firewall|blackhole|routing rule|boot/.test(what))).toEqual([]);
    await attempt.says('connected');
    await connects(here.inside, there.address, PORT);
    await wire.stop();
    expect(await wire.contains(spoofed)).toBe(true);
  });

  it('is closed to the LAN by what `ip` has loaded alone, once somebody has flushed the firewall', async () => {
    const here = await boot({ guarded: true });
    await one.host.output(['nft', 'flush', 'ruleset']);
    await echoesNot(router, here.address);
    await one.plane.apply(one.among([one, two]));
  });

  it('takes what the unit loads twice, and over what the agent has made', async () => {
    for (const command of commands) await one.host.output(command);
    expect(await one.plane.plan(one.among([one, two]))).toEqual([]);
  });

  it('would be open without it, as the same capture shows', async () => {
    const wire = await lab.capture(one.host);
    const here = await boot({ guarded: false });
    const text = payload();
    await send(here.inside, there.address, { port: PORT, text });
    await until(() => wire.contains(text));
    expect(await ping(router, here.address)).toBe(true);
    await wire.stop();
  });

  it('is guarded by nothing once the network was taken down', async () => {
    await one.plane.apply(one.among([one, two]));
    await one.plane.down();
    expect((await one.host.run(['ls', '-A', '/var/lib/banyan/agent/'])).stdout).not.toContain('guard');
  });
});
