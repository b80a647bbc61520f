import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '#host';

const UNITS = join(import.meta.dirname, '../../packaging/systemd');
const INSTANCES = {
  'banyan-engine.service': 'banyan-engine.service',
  'banyan-agent.service': 'banyan-agent.service',
  'banyan-guard.service': 'banyan-guard.service',
  'banyan-wireguard@.service': 'banyan-wireguard@wg-control.service',
};
const names = Object.keys(INSTANCES) as (keyof typeof INSTANCES)[];

/** systemd.unit(5): what a line sets, of the last section that sets it. */
async function settings(name: string): Promise<Map<string, string>> {
  const text = await readFile(join(UNITS, name), 'utf8');
  return new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
}

describe('systemd units', () => {
  let root: string;

  /** A root in which the programs are installed and systemd's own units are those of this machine. */
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'banyan-units-'));
    for (const directory of ['etc/systemd/system', 'usr/bin', 'usr/sbin', 'usr/lib/systemd']) {
      await mkdir(join(root, directory), { recursive: true });
    }
    await cp('/lib/systemd/system', join(root, 'usr/lib/systemd/system'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await symlink('usr/lib', join(root, 'lib'));
    for (const program of [
      'bin/banyan-engine',
      'bin/banyan-agent',
      'bin/wireguard-go',
      'bin/mkdir',
      'sbin/nft',
      'sbin/ip',
    ]) {
      await writeFile(join(root, 'usr', program), '#!/bin/sh\n', { mode: 0o755 });
    }
    for (const [name, instance] of Object.entries(INSTANCES)) {
      await writeFile(join(root, 'etc/systemd/system', instance), await readFile(join(UNITS, name)));
    }
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it.each(names)('%s passes systemd-analyze verify without a word', async (name) => {
    const args = ['verify', '--man=no', '--recursive-errors=no', `--root=${root}`, INSTANCES[name]];
    expect(await run('systemd-analyze', args)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('has a verification that finds an unknown directive', async () => {
    const spoiled = join(root, 'etc/systemd/system/spoiled.service');
    await writeFile(spoiled, '[Service]\nExecStart=/usr/bin/banyan-agent\nProtectEverything=yes\n');
    const args = ['verify', '--man=no', '--recursive-errors=no', `--root=${root}`, 'spoiled.service'];
    expect((await run('systemd-analyze', args)).stderr).toContain('ProtectEverything');
  });

  it.each(names)('%s is exposed little, as systemd-analyze security counts', async (name) => {
    // 10 is no protection at all; a service without any of these directives has 9.6.
    const args = ['security', '--offline=yes', '--threshold=35', `--root=${root}`, INSTANCES[name]];
    const { exitCode, stdout } = await run('systemd-analyze', args);
    expect(`${exitCode} ${stdout.trim().split('\n').at(-1)}`).toMatch(/^0 .*exposure level/);
  });

  it.each(['engine', 'agent'])(
    'lets the %s write its config, state and run directory, and no more',
    async (role) => {
      const unit = await settings(`banyan-${role}.service`);
      expect(unit.get('ProtectSystem')).toBe('strict');
      expect(unit.get('ConfigurationDirectory')).toBe('banyan');
      expect(unit.get('StateDirectory')).toBe(`banyan/${role}`);
      expect(unit.get('RuntimeDirectory')).toBe(`banyan-${role}`);
      // The agent's are the kernel's switch for IP forwarding, where CNI runtimes look, and its config, where its key is.
      expect(unit.get('ReadWritePaths')).toBe(
        role === 'agent' ? '/proc/sys/net -/etc/cni/net.d -/etc/banyan' : undefined,
      );
    },
  );

  it('guards from before anything that starts containers or networks, and without Node', async () => {
    const unit = await readFile(join(UNITS, 'banyan-guard.service'), 'utf8');
    const before = /^Before=(.*)$/m.exec(unit)?.[1]?.split(' ');
    const first = ['network-pre.target', 'docker.service', 'containerd.service', 'banyan-agent.service'];
    expect(before).toEqual(expect.arrayContaining(first));
    // Or it would wait for half of the boot.
    expect(unit).toContain('\nDefaultDependencies=no\n');
    // Or it would lose to the `flush ruleset` in /etc/nftables.conf.
    expect(unit).toMatch(/^After=.*\bnftables\.service\b/m);
    const programs = [...unit.matchAll(/^Exec\w+=-?(\S+)/gm)].map(([, program]) => program);
    expect(new Set(programs)).toEqual(new Set(['/usr/sbin/ip', '/usr/sbin/nft']));
  });

  it('keeps the socket directory when one of several userspace interfaces ends', async () => {
    const unit = await settings('banyan-wireguard@.service');
    expect(unit.get('RuntimeDirectory')).toBe('wireguard');
    expect(unit.get('RuntimeDirectoryPreserve')).toBe('yes');
  });
});
