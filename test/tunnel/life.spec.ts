import { ENGINE_TUNNEL_ADDRESS } from '#crypto';
import { generateKey } from '#crypto/generate';
import type { Run } from '#host';
import { INTERFACE } from '#tunnel';
import { until } from '../lab/index.js';
import { connect, talk } from './tcp.js';
import { runOn } from '../wireguard/run-on.js';
import { tunnelHostOn } from './tunnel-on.js';
import { GRPC, PORT, TwoEnds } from './two-ends.js';

describe('the life of a control tunnel', () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await TwoEnds.create('life');
  });
  afterAll(() => ends?.destroy());

  const call = () => connect(ends.workerHost, ENGINE_TUNNEL_ADDRESS, GRPC);
  const works = () => until(async () => (await call()) === ends.workerAddress);
  /** A client notices only after 15 s that the engine has forgotten the session; a new interface has none. */
  const newSession = async () => {
    await ends.worker.down();
    await ends.up();
  };
  const tables = async () => (await ends.workerHost.output(['nft', 'list', 'tables'])).trim();

  describe('is refused at its start', () => {
    it('where another interface has an address of its network', async () => {
      await ends.engineHost.output(['ip', 'address', 'add', '10.200.7.7/24', 'dev', 'eth0']);
      await expect(ends.engine.open()).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('the address 10.200.7.7 on eth0') as string,
      });
      await ends.engineHost.output(['ip', 'address', 'delete', '10.200.7.7/24', 'dev', 'eth0']);
    });

    it('where a route leads a part of its network elsewhere, in whatever table', async () => {
      const route = ['10.200.64.0/18', 'dev', 'eth0', 'table', '52'];
      await ends.workerHost.output(['ip', 'route', 'add', ...route]);
      await expect(ends.up()).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('the route to 10.200.64.0/18 by eth0') as string,
      });
      await ends.workerHost.output(['ip', 'route', 'delete', ...route]);
    });

    it('where something else has its name', async () => {
      await ends.workerHost.output(['ip', 'link', 'add', INTERFACE, 'type', 'bridge']);
      await expect(ends.up()).rejects.toMatchObject({
        kind: 'conflict',
        message: `the interface name ${INTERFACE} is taken: it is an interface of kind bridge`,
      });
      await ends.workerHost.output(['ip', 'link', 'delete', INTERFACE]);
    });

    it('where something else has its port, and leaves nothing', async () => {
      const holder = ends.engineHost.spawn([
        'node',
        '-e',
        `dgram.createSocket('udp4').bind(${PORT}, () => console.log('bound'))`,
      ]);
      await holder.says('bound');
      await expect(ends.engine.open()).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(`UDP port ${PORT} is in use by another process`) as string,
      });
      await holder.stop();
      expect((await ends.engineHost.run(['ip', 'link', 'show', INTERFACE])).exitCode).toBe(1);
      expect(await ends.engineHost.output(['nft', 'list', 'tables'])).toBe('');
    });

    it('but not by a wider network, which its routes are inside of', async () => {
      await ends.workerHost.output(['ip', 'route', 'add', '10.0.0.0/8', 'dev', 'eth0']);
      await ends.bothUp();
      await works();
    });
  });

  it('needs no change once it is up', async () => {
    const before = await ends.engineHost.output(['wg', 'show', INTERFACE]);
    expect(await ends.engine.reconcile()).toEqual({
      up: true,
      detail: 'listening on UDP port 51821',
      guarded: true,
    });
    expect(await ends.up()).toMatchObject({ up: true, guarded: true });
    const stable = (text: string) => text.replace(/^ *(latest handshake|transfer).*$/gm, '');
    expect(stable(await ends.engineHost.output(['wg', 'show', INTERFACE]))).toBe(stable(before));
    expect(ends.said.engine.lines).toEqual(['tunnel.up: wg-control is up: listening on UDP port 51821']);
  });

  it('knows its ends', async () => {
    const endpoints = await ends.engine.endpoints();
    expect(endpoints.get(ends.keys.worker.publicKey.text)).toMatch(`${ends.workerHost.address}:`);
  });

  it('is healed when a peer was removed by hand, and says so', async () => {
    await ends.engineHost.output(['wg', 'set', INTERFACE, 'peer', ends.keys.worker.publicKey.text, 'remove']);
    expect(await call()).toBe('timeout');
    await ends.engine.reconcile();
    await newSession();
    await works();
    expect(ends.said.engine.lines.at(-1)).toContain('wg-control was put right: add the peer');
  });

  it('is healed when the whole interface was removed by hand', async () => {
    await ends.workerHost.output(['ip', 'link', 'delete', INTERFACE]);
    // Its daemon goes a moment after it, and answers until then.
    await until(async () => (await ends.workerHost.run(['pgrep', 'wireguard-go'])).exitCode === 1);
    expect(await ends.worker.reconcile()).toMatchObject({ up: true, guarded: true });
    await works();
  });

  it('carries nothing more, also on open connections, once a key is revoked', async () => {
    const talker = await talk(ends.workerHost, ENGINE_TUNNEL_ADDRESS, GRPC);
    talker.write('heard\n');
    await talker.says('heard');
    await ends.engine.admit([]);
    talker.write('unheard\n');
    expect(await call()).toBe('timeout');
    expect(talker.stdout).not.toContain('unheard');
    await talker.signal('SIGKILL');
    await ends.engine.admit([ends.keys.worker.publicKey]);
    await newSession();
    await works();
  });

  it('goes on while either end restarts', async () => {
    const talker = await talk(ends.workerHost, ENGINE_TUNNEL_ADDRESS, GRPC);
    await Promise.all([ends.engine.close(), ends.worker.close()]);
    talker.write('nobody at home\n');
    await talker.says('nobody at home');
    [ends.engine, ends.worker] = [ends.newEngine(), ends.newWorker()];
    await ends.bothUp();
    talker.write('here again\n');
    await talker.says('here again');
    await talker.stop();
  });

  it('is left to the role that has it by the others on its host', async () => {
    const cli = ends.newWorker({ role: 'cli', privateKey: generateKey() });
    expect(await ends.up(cli)).toMatchObject({
      up: false,
      detail: 'wg-control is owned by another role on this host: banyan-agent',
      remedy: expect.stringContaining('banyan-agent down') as string,
    });
    expect(await cli.down()).toEqual({ interface: 'not ours' });
    expect(await tables()).toBe('table inet banyan_control_agent');
    await works();
  });

  it('needs root, and says so', async () => {
    const asNobody: Run = (program, args, options) =>
      runOn(ends.workerHost)('setpriv', ['--reuid=65534', '--clear-groups', program, ...args], options);
    const user = ends.newWorker({ host: tunnelHostOn(ends.workerHost, asNobody) });
    expect(await ends.up(user)).toMatchObject({ up: false, remedy: 'Run this as root, or with sudo.' });
    await works();
  });

  it('passes to the new key of a client that `init` has given one', async () => {
    ends.keys.worker = generateKey();
    ends.worker = ends.newWorker();
    await ends.engine.admit([ends.keys.worker.publicKey]);
    expect(await ends.up()).toMatchObject({ up: true });
    await works();
  });

  it('lets nothing of it leave in clear when its interface is gone', async () => {
    await ends.workerHost.output(['ip', 'route', 'add', 'default', 'via', ends.engineHost.address]);
    const capture = await ends.lab.capture(ends.workerHost);
    const seen = () => capture.packets('net 10.200.0.0/16 and tcp');
    await ends.workerHost.output(['ip', 'link', 'delete', INTERFACE]);
    await call();
    await capture.settled();
    expect(await seen()).toEqual([]);
    await ends.workerHost.output(['nft', 'flush', 'ruleset']);
    await call();
    await until(async () => (await seen()).length > 0, { what: 'it leaves without the rules' });
    await capture.stop();
    await ends.workerHost.output(['ip', 'route', 'delete', 'default']);
    await until(async () => (await ends.workerHost.run(['pgrep', 'wireguard-go'])).exitCode === 1);
    await ends.worker.reconcile();
  });

  it('is gone after it is taken down, with its rules', async () => {
    expect(await ends.worker.down()).toEqual({ interface: 'removed' });
    expect((await ends.workerHost.run(['ip', 'link', 'show', INTERFACE])).exitCode).toBe(1);
    expect(await tables()).toBe('');
    expect(await ends.engine.remove()).toEqual({ interface: 'removed' });
    expect(await ends.engineHost.output(['nft', 'list', 'tables'])).toBe('');
  });
});
