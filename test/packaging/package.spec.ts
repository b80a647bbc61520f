import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DEFAULT_CONFIG_PATH } from '#config';
import { run } from '#host';
import { SECTIONS } from '../../libs/config/src/sections.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const script = (name: string) => read(`packaging/debian/${name}`);

describe('the Debian package', () => {
  it.each(['postinst', 'prerm', 'postrm'])('has a %s that dash and bash can read', async (name) => {
    const path = join(ROOT, 'packaging/debian', name);
    for (const shell of [['dash'], ['bash', '--posix']]) {
      expect(await run(shell[0]!, [...shell.slice(1), '-n', path])).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: '',
      });
    }
  });

  it('brings along what scripts/setup installs for Banyan to run', () => {
    const control = script('control');
    const brought = /^Depends: (.*)$/m.exec(control)![1] + ', ' + /^Recommends: (.*)$/m.exec(control)![1];
    const packages = brought.split(', ').map((each) => each.split(' ')[0]!);
    const needed = /^runtime='(.*)'$/m.exec(read('scripts/setup'))![1]!.split(' ');
    expect(packages).toEqual(expect.arrayContaining(needed));
  });

  it('restarts the services at an upgrade, and leaves guard and tunnels alone', () => {
    expect(/for service in (.*); do\n\s*deb-systemd-invoke try-restart/.exec(script('postinst'))![1]).toBe(
      'banyan-engine banyan-agent',
    );
  });

  it.each([
    ['remove', ['agent down', 'cli disconnect', 'engine down']],
    ['upgrade', []],
  ])('takes down, at %s, %j', async (why, expected) => {
    // Nothing is found there, so nothing happens to this machine.
    const nowhere = ['-i', 'PATH=/nowhere', '/bin/sh', '-xe'];
    const { exitCode, stderr } = await run('env', [...nowhere, join(ROOT, 'packaging/debian/prerm'), why]);
    const calls = [...stderr.matchAll(/^\+ take_down (.*)$/gm)].map(([, call]) => call);
    expect({ exitCode, calls }).toEqual({ exitCode: 0, calls: expected });
  });

  it('stops every service it installs, and forgets that it was enabled', () => {
    const units = globSync('packaging/systemd/*.service', { cwd: ROOT })
      .map((path) => path.split('/').at(-1)!)
      // The components start and stop it themselves.
      .filter((unit) => !unit.includes('@'));
    expect(units.length).toBe(3);
    for (const unit of units) {
      for (const name of ['postinst', 'prerm', 'postrm']) expect(script(name)).toContain(unit);
    }
  });

  it('purges every place that the programs write to unless they are told otherwise', () => {
    const purged = /^ {2}rm -rf (.*)$/gm;
    const places = [...script('postrm').matchAll(purged)].at(-1)![1]!.split(' ');
    const engine = new SECTIONS.engine();
    const used = [
      dirname(DEFAULT_CONFIG_PATH),
      engine.whitelisted_keys_dir,
      engine.run_dir,
      new SECTIONS.agent().run_dir,
      '/var/lib/banyan/engine',
      '/var/cache/banyan',
    ];
    expect(
      used.filter((path) => !places.some((place) => path === place || path.startsWith(`${place}/`))),
    ).toEqual([]);
  });
});
