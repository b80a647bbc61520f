import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKey } from '../../libs/whitelist/testing/keys.js';
import { Fixture, until } from './fixture.js';

/**
 * The recipes of the specification, word for word but for two paths and `ssh`, which is a shell on this host
 * that gets the command as sshd would give it.
 */
const engine = newKey();
const worker = newKey();
const CONFIG = `agent:
  engine_host: "192.168.1.10"
  engine_port: "50051"
  engine_wg_public_key: "${engine.text}"
  wg_private_key: "not looked at here"
  wg_public_key: "${worker.text}"
`;

let fixture: Fixture;
let config: string;

beforeEach(() => {
  fixture = new Fixture();
  config = join(fixture.root, 'banyan.yaml');
  writeFileSync(config, CONFIG);
  const bin = join(fixture.root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ssh'), '#!/bin/sh\nshift\nexec sh -c "$*"\n', { mode: 0o755 });
});

afterEach(() => fixture.remove());

function shell(line: string): void {
  const here = line
    .replaceAll('/etc/banyan/banyan.yaml', config)
    .replaceAll('/etc/banyan/whitelisted-keys', fixture.keys);
  const env = { ...process.env, PATH: `${join(fixture.root, 'bin')}:${process.env['PATH']}` };
  execFileSync('sh', ['-c', here], { env });
}

const COPY_BETWEEN_MACHINES = `ssh engine-host "echo '$(grep wg_public_key /etc/banyan/banyan.yaml | awk '{print $2}')' > /etc/banyan/whitelisted-keys/worker-1.pub"`;

describe('the recipes of the specification', () => {
  test.each([
    ['echo', `echo '${worker.text}' > /etc/banyan/whitelisted-keys/worker-1.pub`],
    ['the copy between machines', COPY_BETWEEN_MACHINES],
  ])('%s admits the worker', async (_, recipe) => {
    shell(recipe);
    const whitelist = await fixture.start({}, [engine]);
    expect(whitelist.snapshot.find(worker.text)?.name).toBe('worker-1');
  });

  test('the copy between machines admits it when nothing but its own key is in the config', async () => {
    writeFileSync(config, CONFIG.replace(/.*engine_wg_public_key.*\n/, ''));
    shell(COPY_BETWEEN_MACHINES);
    const whitelist = await fixture.start({}, [engine]);
    expect(whitelist.snapshot.find(worker.text)?.name).toBe('worker-1');
  });

  test('the copy between machines admits it when the config still names a former key of the engine', async () => {
    shell(COPY_BETWEEN_MACHINES);
    const whitelist = await fixture.start({}, [newKey(), engine]);
    expect(whitelist.snapshot.find(worker.text)?.name).toBe('worker-1');
  });

  test('each admits while the engine runs, and rm revokes, without waiting for the next rescan', async () => {
    const whitelist = await fixture.start({ rescan: 60_000 }, [engine]);
    shell(COPY_BETWEEN_MACHINES);
    await until(whitelist, () => whitelist.snapshot.size === 1);
    shell('rm /etc/banyan/whitelisted-keys/worker-1.pub');
    await until(whitelist, () => whitelist.snapshot.size === 0);
  });

  test('writing the file anew with another key rotates the client', async () => {
    const next = newKey();
    shell(COPY_BETWEEN_MACHINES);
    const whitelist = await fixture.start({}, [engine]);
    shell(`echo '${next.text}' > /etc/banyan/whitelisted-keys/worker-1.pub`);
    await until(whitelist, () => whitelist.snapshot.find(next.text) !== undefined);
    expect(whitelist.snapshot.find(worker.text)).toBeUndefined();
    expect(existsSync(fixture.path('worker-1'))).toBe(true);
  });
});
