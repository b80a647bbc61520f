import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox } from './programs.js';

const BIN = join(import.meta.dirname, '../../bin');
const PROGRAMS = ['engine', 'agent', 'cli'] as const;

describe('the programs', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await Sandbox.make();
  });
  afterEach(() => box.remove());

  it.each(PROGRAMS)('banyan-%s says its version, also through a link elsewhere', async (program) => {
    const link = box.path(`a link to ${program}`);
    await symlink(join(BIN, `banyan-${program}`), link);
    expect(await box.runAny([link, '--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(new RegExp(`^banyan-${program} \\d+\\.\\d+\\.\\d+\n$`)) as string,
    });
  });

  it.each(PROGRAMS)('banyan-%s has help for itself and its commands, with examples', async (program) => {
    const help = await box.run(program, ['--help']);
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain(`$ banyan-${program} [COMMAND]`);
    const command = await box.run(program, ['init', '--help']);
    expect(command.exitCode).toBe(0);
    expect(command.stdout).toContain('EXAMPLES');
  });

  it.each([
    ['help', ['--help']],
    ['-h', ['--help']],
    ['status -h', ['status', '--help']],
    ['help status', ['status', '--help']],
    ['help bogus', ['bogus', '--help']],
  ])('take `%s` for the flag', async (words, flag) => {
    const [asWord, asFlag] = [await box.run('cli', words.split(' ')), await box.run('cli', flag)];
    expect(asWord).toEqual(asFlag);
    expect(asWord.exitCode).toBe(words === 'help bogus' ? 2 : 0);
  });

  it.each([
    ['an unknown command', ['bogus']],
    ['an unknown flag', ['status', '--bogus']],
    ['an argument too many', ['status', 'bogus']],
    ['a path for a command', ['../../engine/commands/status']],
  ])('end with 2 on %s, in words and in JSON', async (_, args) => {
    const text = await box.run('cli', args);
    expect(text.exitCode).toBe(2);
    expect(text.stderr).toMatch(/^Error: .+\nTry: banyan-cli/);
    const json = await box.run('cli', [...args, '--json']);
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { kind: 'invalid' } });
  });

  it('end with 2 on a required flag that is missing', async () => {
    expect(await box.run('engine', ['add-client', '--name', 'a'])).toMatchObject({
      exitCode: 2,
      stderr: 'Error: Missing required flag pubkey\nTry: banyan-engine add-client --help\n',
    });
  });

  it('end with 1 and name init where there is no config', async () => {
    expect(await box.run('cli', ['status'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: `Error: ${box.config} does not exist\nTry: Run \`banyan-cli init\`.\n`,
    });
  });

  it('use the config that --config names rather than BANYAN_CONFIG', async () => {
    const { stderr } = await box.run('cli', ['status', '--config', 'other.yaml']);
    expect(stderr).toContain(`${box.path('other.yaml')} does not exist`);
  });

  it('say how to get a Node that is new enough where there is none', async () => {
    const copy = box.path('bin');
    await box.runAny(['cp', '-r', BIN, copy]);
    expect(await box.runAny([join(copy, 'banyan-cli'), '--version'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`Try: ${box.directory}/scripts/setup`) as string,
    });
  });

  it('load Nest in no command but start', async () => {
    await box.run('agent', ['init', '--engine-host', '127.0.0.1', '--engine-port', '1']);
    await box.run('cli', ['init', '--engine-host', '127.0.0.1', '--engine-port', '1']);
    await box.run('engine', ['init', '--whitelisted-keys-dir', box.path('keys')]);
    const seen = join(import.meta.dirname, 'loaded-packages.ts');
    const env = { NODE_OPTIONS: `--import=${seen}` };
    for (const [program, ...args] of [
      ['engine', 'list-clients'],
      ['engine', 'status'],
      ['agent', 'status'],
      ['agent', 'init', '--keep'],
      ['cli', 'status'],
      ['cli', '--help'],
    ] as const) {
      const { stderr } = await box.run(program, args, { env });
      const packages = /^loaded packages: (.*)$/m.exec(stderr)?.[1]?.split(' ');
      expect(packages).toContain('@oclif/core');
      expect(packages?.filter((name) => /^(@nestjs\/|rxjs$|etcd3$|@inquirer\/)/.test(name))).toEqual([]);
    }
    const version = await box.run('cli', ['--version'], { env });
    expect(version.stderr).toContain('loaded packages: \n');
  });
});
