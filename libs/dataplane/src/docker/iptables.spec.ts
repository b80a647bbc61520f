import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedRun } from '../../../wireguard/src/testing/scripted-run.js';
import { iptables } from './iptables.js';

const READ = 'iptables -w -S DOCKER-USER';

describe('iptables', () => {
  let directory: string;
  let script: ScriptedRun;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-iptables-'));
    await writeFile(join(directory, 'iptables'), '');
    await chmod(join(directory, 'iptables'), 0o755);
    script = new ScriptedRun();
  });
  afterEach(async () => {
    script.done();
    await rm(directory, { recursive: true, force: true });
  });

  const chain = () => iptables(script.run, `/nowhere:${directory}`).read();

  it('tells the rules of the chain, whatever is said in them', async () => {
    const stdout = [
      '-N DOCKER-USER',
      '-A DOCKER-USER -i eth0 -m comment --comment "our \\"--comment banyan\\" rule" -j DROP',
      '-A DOCKER-USER -i banyan0 -m comment --comment banyan -j ACCEPT',
      '-A DOCKER-USER -j RETURN',
      '',
    ].join('\n');
    script.expect({ command: READ, stdout });
    expect(await chain()).toEqual([
      ['-i', 'eth0', '-m', 'comment', '--comment', 'our \\"--comment banyan\\" rule', '-j', 'DROP'],
      ['-i', 'banyan0', '-m', 'comment', '--comment', 'banyan', '-j', 'ACCEPT'],
      ['-j', 'RETURN'],
    ]);
  });

  it.each([
    'iptables: No chain/target/match by that name.\n',
    "iptables v1.8.9 (nf_tables): chain `DOCKER-USER' in table `filter' is incompatible, use 'nft' tool.\n",
    'iptables v1.8.11 (nf_tables): chain `DOCKER-USER does not exist.\n',
    "iptables v1.8.9 (legacy): can't initialize iptables table `filter': Table does not exist (do you need to insmod?)\n",
  ])('knows that there is no chain when it says %j', async (stderr) => {
    script.expect({ command: READ, exitCode: 1, stderr });
    expect(await chain()).toBe('no chain');
  });

  it('starts nothing where it is not installed', async () => {
    expect(await iptables(script.run, '/nowhere').read()).toBe('no iptables');
    expect(await iptables(script.run, '').read()).toBe('no iptables');
  });

  it('that does not answer is an error with what it said', async () => {
    script.expect({ command: READ, exitCode: 4, stderr: 'Permission denied (you must be root)\nmore\n' });
    await expect(chain()).rejects.toMatchObject({
      kind: 'host',
      message:
        'cannot read DOCKER-USER, the chain of Docker: iptables said "Permission denied (you must be root)"',
    });
  });

  it('is given one command after the other, up to the first that fails', async () => {
    script.expect(
      { command: 'iptables -w -D DOCKER-USER -j X' },
      { command: 'iptables -w -I DOCKER-USER 1 -j Y', exitCode: 1, stderr: 'no\n' },
    );
    const commands = ['-D DOCKER-USER -j X', '-I DOCKER-USER 1 -j Y', '-I DOCKER-USER 2 -j Z'];
    const step = { commands: commands.map((command) => command.split(' ')), what: 'x', why: 'y' };
    await expect(iptables(script.run).carryOut([step])).rejects.toThrow('iptables said "no"');
  });
});
