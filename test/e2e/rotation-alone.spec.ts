import type { Host } from '../lab/index.js';
import { readySubnet } from './mesh-network.js';
import { agentIs, CONFIG, json, KEYS_DIRECTORY, operatorStatus, PrivateNetwork } from './private-network.js';

const KEY_FILE = '/etc/banyan/cli.key';

interface Rotated {
  readonly state: string;
  readonly public_key: string;
}

describe('a rotation by a command alone', () => {
  let network: PrivateNetwork;
  let laptop: Host;
  let worker: Host;

  beforeAll(async () => {
    network = await PrivateNetwork.create('alone');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    worker = await network.host('agent', 'worker-1');
  });
  afterAll(() => network?.destroy());

  const text = (host: Host, path: string) => host.output(['cat', path]);
  const clientFile = (name: string) => text(network.engine, `${KEYS_DIRECTORY}/${name}.pub`);

  it('where the config cannot be written asks for nothing, and says why', async () => {
    const [config, admitted] = [await text(laptop, CONFIG), await clientFile('cli-1')];
    await laptop.output(['mount', '--bind', '/etc/banyan', '/etc/banyan']);
    try {
      await laptop.output(['mount', '-o', 'remount,bind,ro', '/etc/banyan']);
      const { exitCode, stderr } = await laptop.run(['banyan-cli', 'rotate']);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/Error: cannot write \/etc\/banyan\/banyan\.yaml: .*read-only\nTry: /);
    } finally {
      await laptop.output(['umount', '/etc/banyan']);
    }
    expect([await text(laptop, CONFIG), await clientFile('cli-1')]).toEqual([config, admitted]);
    expect(await operatorStatus(laptop)).toMatchObject({ identity: 'cli-1' });
  });

  it('puts the new key into the file that the config names, and the public one into the config', async () => {
    const before = await text(laptop, CONFIG);
    const [line, key] = /^ *wg_private_key: "(.+)"$/m.exec(before)!;
    await laptop.writeFile(KEY_FILE, `${key}\n`);
    await laptop.output(['chmod', '600', KEY_FILE]);
    await laptop.writeFile(CONFIG, before.replace(line, `  wg_private_key_file: "${KEY_FILE}"`));
    const { state, public_key: fresh } = await json<Rotated>(laptop, ['banyan-cli', 'rotate']);
    expect([state, await clientFile('cli-1')]).toEqual(['rotated', `${fresh}\n`]);
    const after = await text(laptop, CONFIG);
    expect(after).toContain(`wg_private_key_file: "${KEY_FILE}"`);
    expect(after).toContain(`wg_public_key: "${fresh}"`);
    expect(after).not.toMatch(/wg_private_key:/);
    expect(await text(laptop, KEY_FILE)).not.toContain(key);
    expect(await text(laptop, `${KEY_FILE}.previous`)).toContain(key);
    expect(await laptop.output(['stat', '-c', '%a', KEY_FILE, `${KEY_FILE}.previous`])).toBe('600\n600\n');
    expect(await operatorStatus(laptop)).toMatchObject({ identity: 'cli-1' });
  });

  it('of an agent that does not run is done by the command, and the next start has the new key', async () => {
    const { state, public_key: fresh } = await json<Rotated>(worker, ['banyan-agent', 'rotate']);
    expect([state, await clientFile('worker-1')]).toEqual(['rotated', `${fresh}\n`]);
    expect(await text(worker, CONFIG)).toContain(fresh);
    const agent = await network.startAgent(worker);
    await agentIs(worker, { state: 'connected', public_key: fresh });
    await readySubnet(worker);
    await agent.signal('SIGKILL');
    await agent.ended;
  });

  it('of an agent that has ended, on a host whose network is up, asks to start the agent', async () => {
    const admitted = await clientFile('worker-1');
    const { exitCode, stderr } = await worker.run(['banyan-agent', 'rotate']);
    expect([exitCode, stderr]).toEqual([
      1,
      'Error: the network of this host is up and its agent is not running\n' +
        'Try: sudo systemctl start banyan-agent, and rotate then.\n',
    ]);
    expect(await clientFile('worker-1')).toBe(admitted);
  });
});
