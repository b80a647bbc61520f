import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { keyPair } from './config.js';
import { agent, AGENT_SETTINGS, OWN, status } from './testing/healthy.js';

describe('the key pair', () => {
  let directory: string;
  let configPath: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-doctor-'));
    configPath = join(directory, 'banyan.yaml');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const written = (publicKey: string) =>
    writeFile(configPath, `agent:\n  wg_private_key: "${OWN.reveal()}"\n  wg_public_key: "${publicKey}"\n`, {
      mode: 0o640,
    });
  const probes = () =>
    agent({ configPath, config: () => Promise.resolve({ settings: AGENT_SETTINGS, warnings: [] }) });

  it('is well when its halves belong together; the file is left as it is', async () => {
    await written(OWN.publicKey.text);
    expect(await keyPair.run(probes())).toMatchObject({ state: 'ok' });
    expect((await stat(configPath)).mode & 0o777).toBe(0o640);
  });

  it('is named when they do not, without the private one', async () => {
    await written(generateKey().publicKey.text);
    const finding = await keyPair.run(probes());
    // The private one may be right, and is admitted.
    expect(finding).toMatchObject({
      state: 'fail',
      remedy: expect.stringMatching(/^Remove the line/) as string,
    });
    expect(finding.remedy!.split('\n')).toEqual(
      expect.arrayContaining([`sudoedit ${configPath}`, 'sudo banyan-agent init --rotate']),
    );
    expect(finding.detail).toContain('does not belong to the private key');
    expect(JSON.stringify(finding)).not.toContain(OWN.reveal());
  });

  it('leaves a file that holds it to the remedy of that file', async () => {
    const file = join(directory, 'key');
    await writeFile(file, `${OWN.reveal()}\n`, { mode: 0o644 });
    await writeFile(configPath, `agent:\n  wg_private_key_file: "${file}"\n`, { mode: 0o600 });
    const { state, remedy } = await keyPair.run(probes());
    expect(state).toBe('fail');
    expect(remedy).toMatch(/^chmod 600 \S+, and make a new key with `init` if anybody may have read it\.$/);
  });

  it('is named when the agent runs with another one', async () => {
    await written(OWN.publicKey.text);
    const other = status({ public_key: generateKey().publicKey.text });
    expect(await keyPair.run({ ...probes(), status: other })).toMatchObject({
      state: 'fail',
      remedy: 'sudo systemctl restart banyan-agent',
    });
  });
});
