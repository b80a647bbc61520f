import { Lab, until, type Capture, type Host, type Process } from '../lab/index.js';
import { listen, payload, send, talk } from './traffic.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

const PORT = 4000;
const FLUSH = ['nft', 'flush', 'ruleset'];
const NO_BLACKHOLE = ['ip', 'route', 'del', 'blackhole', '10.201.0.0/16'];
const DELETE = ['ip', 'link', 'del', 'banyan-wg'];
/** The interface goes a moment after its process. */
const KILL = 'kill -9 $(pgrep wireguard-go); while ip link show banyan-wg; do sleep 0.02; done';

describe('what containers say to each other', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  /** The way of both to anywhere else: what leaks, leaks to it. */
  let router: Host;
  let here: Container;
  let there: Container;
  let listener: Process;
  let conversation: Process;

  beforeAll(async () => {
    lab = await Lab.create('closed');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    router = await lab.host('router');
    for (const worker of [one, two]) {
      await worker.host.output(['ip', 'route', 'add', 'default', 'via', router.address]);
      await worker.plane.apply(worker.among([one, two]));
    }
    here = await one.container();
    there = await two.container();
    await until(() => ping(here.inside, there.address));
    listener = await listen(there.inside, PORT);
    conversation = talk(here.inside, there.address, PORT);
    await conversation.says('connected');
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  /** From a container and from the host, by UDP and by a TCP connection that is open. */
  async function say(text: string): Promise<void> {
    conversation.write(`tcp ${text}`);
    await Promise.all([
      send(here.inside, there.address, { port: PORT, text: `udp ${text}` }),
      send(one.host, there.address, { port: PORT, text: `host ${text}` }),
    ]);
  }

  /** Waits until everything that has left the host by now is in the capture. */
  async function settled(capture: Capture): Promise<void> {
    const text = payload();
    await send(one.host, router.address, { port: 9, text });
    await until(() => capture.contains(text));
  }

  it('is on no wire in clear, while it is on the bridge', async () => {
    const wires = await Promise.all([one, two].map(({ host }) => lab.capture(host)));
    const bridge = await lab.capture(two.host, 'banyan0');
    const text = payload();
    await say(text);
    for (const way of ['tcp', 'udp', 'host']) await listener.says(`${way} ${text}`);
    await until(() => bridge.contains(text));
    await settled(wires[0]!);
    for (const wire of wires) {
      await wire.stop();
      expect(await wire.contains(text)).toBe(false);
      expect(await wire.packets('udp port 51820')).not.toEqual([]);
    }
    await bridge.stop();
  });

  const accidents: [accident: string, commands: string[][]][] = [
    ['the interface is down', [['ip', 'link', 'set', 'banyan-wg', 'down']]],
    ['the interface is deleted', [DELETE]],
    ['the userspace WireGuard is killed', [['sh', '-c', KILL]]],
    ['the firewall is flushed', [FLUSH]],
    ['the blackhole route is deleted', [NO_BLACKHOLE]],
    ['the interface is deleted and the firewall flushed', [DELETE, FLUSH]],
    ['the interface is deleted and the blackhole route too', [DELETE, NO_BLACKHOLE]],
    ['the bridge is deleted', [['ip', 'link', 'del', 'banyan0']]],
  ];

  it.each(accidents)(
    'does not leave in clear when %s, and gets through after the repair',
    async (_, commands) => {
      // What is on the bridge is known from a look at it.
      await one.plane.apply(one.among([one, two]));
      const wire = await lab.capture(one.host);
      for (const command of commands) await one.host.output(command);
      const text = payload();
      await say(text);
      await settled(wire);
      await one.plane.apply(one.among([one, two]));
      await until(() => ping(here.inside, there.address));
      // TCP says again what was lost.
      await listener.says(`tcp ${text}`);
      const after = payload();
      await say(after);
      for (const way of ['tcp', 'udp', 'host']) await listener.says(`${way} ${after}`);
      await wire.stop();
      for (const secret of [text, after]) expect(await wire.contains(secret)).toBe(false);
    },
  );

  it('would be seen to leave if neither firewall nor blackhole route kept it in', async () => {
    const wire = await lab.capture(one.host);
    for (const command of [DELETE, FLUSH, NO_BLACKHOLE]) await one.host.output(command);
    const text = payload();
    await say(text);
    for (const way of ['tcp', 'udp', 'host']) await until(() => wire.contains(`${way} ${text}`));
    await wire.stop();
    await one.plane.apply(one.among([one, two]));
  });
});
