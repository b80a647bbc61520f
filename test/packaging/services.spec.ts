import { Lab, until, type Account, type Host } from '../lab/index.js';
import { SystemdHost } from './systemd-host.js';

describe('the services, under a real systemd', () => {
  let lab: Lab;
  let host: Host;
  let systemd: SystemdHost | undefined;
  let root: Account;

  beforeAll(async () => {
    lab = await Lab.create('services');
    host = await lab.host('engine');
    systemd = await SystemdHost.boot(host);
    root = systemd.root;
    await root.output(['banyan-engine', 'init']);
  });
  afterAll(async () => {
    await systemd?.shutDown();
    await lab?.destroy();
  });

  const show = (name: string) => systemd!.property('banyan-engine.service', name);
  const tunnelProcess = () => systemd!.property('banyan-wireguard@wg-control.service', 'MainPID');

  it('start the engine, and count it as started when it serves', async () => {
    await root.output(['systemctl', 'start', 'banyan-engine']);
    const status = JSON.parse(await root.output(['banyan-engine', 'status', '--json'])) as object;
    expect(status).toMatchObject({ public_key: expect.stringMatching(/^.{43}=$/) as string });
  });

  it('let the engine add clients from within its sandbox', async () => {
    const key = (await root.output(['wg', 'pubkey'], { input: await root.output(['wg', 'genkey']) })).trim();
    await root.output(['banyan-engine', 'add-client', '--name', 'worker-1', '--pubkey', key]);
    expect(await host.readFile('/etc/banyan/whitelisted-keys/worker-1.pub')).toContain(key);
  });

  it('run userspace WireGuard beside the engine, so that a restart leaves the tunnel up', async () => {
    const before = await tunnelProcess();
    expect(before).not.toBe('0');
    await root.output(['systemctl', 'restart', 'banyan-engine']);
    expect(await tunnelProcess()).toBe(before);
    expect(await root.output(['wg', 'show', 'wg-control', 'listen-port'])).toBe('51821\n');
  });

  it('keep others out of the admin socket and of the keys', async () => {
    expect(await root.output(['stat', '-c', '%a', '/run/banyan-engine/admin.sock'])).toBe('600\n');
    expect(await root.output(['stat', '-c', '%a', '/etc/banyan', '/var/lib/banyan/engine'])).toBe(
      '700\n700\n',
    );
  });

  it('bring the engine back after a crash', async () => {
    await root.output(['systemctl', 'kill', '--signal=SIGKILL', '--kill-who=main', 'banyan-engine']);
    await until(async () => (await show('NRestarts')) === '1' && (await show('ActiveState')) === 'active');
  });

  it('stop the engine as a success, which it is no more after five seconds', async () => {
    await root.output(['systemctl', 'stop', 'banyan-engine']);
    expect(await show('Result')).toBe('success');
  });

  /** Runs a command where the agent runs. */
  async function inSandboxOfAgent(command: string): Promise<void> {
    const unit = await root.output(['cat', '/run/units/banyan-agent.service']);
    const once = unit
      .replace('Type=notify', 'Type=oneshot')
      .replace(/^Restart=.*\n/m, '')
      .replace(/^ExecStart=.*$/m, `ExecStart=${command}`);
    await host.writeFile('/run/units/sandbox.service', once, 0o644);
    await root.output(['systemctl', 'daemon-reload']);
    await root.output(['systemctl', 'start', 'sandbox']);
  }

  it('let the agent switch IP forwarding on from within its sandbox', async () => {
    expect(await root.output(['sysctl', '-n', 'net.ipv4.ip_forward'])).toBe('0\n');
    await inSandboxOfAgent('sysctl -w net.ipv4.ip_forward=1');
    expect(await root.output(['sysctl', '-n', 'net.ipv4.ip_forward'])).toBe('1\n');
  });

  it.each(['iptables-nft', 'iptables-legacy'])(
    'let the agent change the chain of Docker by %s from within its sandbox',
    async (iptables) => {
      await root.output([iptables, '-w', '-N', 'DOCKER-USER']);
      await inSandboxOfAgent(`${iptables} -w -I DOCKER-USER 1 -i banyan0 -j ACCEPT`);
      expect(await root.output([iptables, '-w', '-S', 'DOCKER-USER'])).toContain('-i banyan0 -j ACCEPT');
    },
  );

  it('close the host at boot with what was kept, and again when somebody reloads nftables.service', async () => {
    const nftables =
      '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=nft flush ruleset\nExecReload=nft flush ruleset\n';
    await host.writeFile('/run/units/nftables.service', nftables, 0o644);
    await root.output(['systemctl', 'daemon-reload']);
    const closed = async () => {
      const tables = await root.output(['nft', 'list', 'tables']);
      const routes = await root.output(['ip', 'route', 'show', 'type', 'blackhole']);
      const routingRules = await root.output(['ip', 'rule', 'show']);
      const [table, route, rule] = ['banyan_network', '10.201.0.0/16', '10.201.0.0/16 blackhole'] as const;
      return [tables.includes(table), routes.includes(route), routingRules.split(rule).length === 2];
    };
    await root.output(['systemctl', 'start', 'banyan-guard']);
    expect(await closed()).toEqual([false, false, false]);
    const rules = 'table inet banyan_network {\n}\n';
    await host.writeFile('/var/lib/banyan/agent/guard.nft', rules);
    await host.writeFile(
      '/var/lib/banyan/agent/guard.ip',
      'route replace blackhole 10.201.0.0/16 proto 201 metric 4294967295\n' +
        'rule flush protocol 201\nrule add pref 205 to 10.201.0.0/16 blackhole protocol 201\n',
    );
    for (const verb of ['start', 'restart', 'reload']) {
      await root.output(['systemctl', verb, 'banyan-guard']);
      expect(await closed()).toEqual([true, true, true]);
    }
    await root.output(['systemctl', 'start', 'nftables']);
    for (const verb of ['reload', 'restart']) {
      // systemctl waits for nftables.service alone, which has flushed the rules by then.
      await root.output(['systemctl', verb, 'nftables']);
      await until(async () => (await closed()).every(Boolean), { what: 'the guard is loaded again' });
    }
    expect(await systemd!.property('banyan-guard.service', 'ActiveState')).toBe('active');
    await root.output(['nft', 'flush', 'ruleset']);
    await root.output(['ip', 'route', 'del', 'blackhole', '10.201.0.0/16']);
    await root.output(['ip', 'rule', 'flush', 'protocol', '201']);
  });

  it('start the agent although its engine is away', async () => {
    const key = (await root.output(['wg', 'pubkey'], { input: await root.output(['wg', 'genkey']) })).trim();
    await root.output(['banyan-agent', 'init', '--engine-host', '192.0.2.99', '--engine-wg-public-key', key]);
    await root.output(['systemctl', 'start', 'banyan-agent']);
    const user = await host.asUser(1000);
    const seen = () => user.output(['cat', '/run/banyan-agent/status.json']);
    expect(JSON.parse(await until(seen))).toMatchObject({ state: 'connecting' });
    await root.output(['systemctl', 'stop', 'banyan-agent']);
  });
});
