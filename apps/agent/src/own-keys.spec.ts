import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { OwnKeys } from './own-keys.js';

describe('the keys of an agent', () => {
  const privateKey = generateKey();
  let stateDir: string;
  let keys: OwnKeys;
  let ofNetwork: string[];

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-keys-'));
    keys = new OwnKeys({ privateKey, stateDir });
    await keys.load();
    ofNetwork = [];
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  /** As the next run finds it. */
  async function restart(configured = privateKey): Promise<void> {
    keys = new OwnKeys({ privateKey: configured, stateDir });
    await keys.load();
    keys.changes.subscribe(() => ofNetwork.push(keys.ofNetwork.publicKey.text));
  }

  it('are one without a rotation, and its refusal is final', () => {
    expect(keys.current).toBe(privateKey);
    expect(keys.refused()).toBe(false);
  });

  it('are two from before the engine is asked, in a file that only its owner reads', async () => {
    const spare = (await keys.file.obtain()).privateKey;
    await restart();
    expect(keys.current).toBe(privateKey);
    expect(keys.spare?.publicKey.text).toBe(spare.publicKey.text);
    expect((await stat(keys.file.path)).mode & 0o777).toBe(0o600);
  });

  it('are tried in turns, and only the refusal of both is final', async () => {
    await keys.file.obtain();
    await restart();
    const spare = keys.spare!.publicKey.text;
    expect(keys.refused()).toBe(true);
    expect(keys.current.publicKey.text).toBe(spare);
    expect(ofNetwork).toEqual([]);
    // While this one was tried, the first may have been put back.
    expect(keys.refused()).toBe(true);
    expect(keys.current).toBe(privateKey);
    expect(keys.refused()).toBe(false);
    expect(keys.refused()).toBe(true);
  });

  it('are tried both again where there was no answer in between: one may have been put back', async () => {
    await keys.file.obtain();
    await restart();
    expect([keys.refused(), keys.refused()]).toEqual([true, true]);
    keys.undecided();
    expect([keys.refused(), keys.refused(), keys.refused()]).toEqual([true, true, false]);
  });

  it('are tried in turns where nobody answers, and the one believed in force stays that', async () => {
    await keys.file.obtain();
    await restart();
    const spare = keys.spare!.publicKey.text;
    const tried = Array.from({ length: 4 }, () => {
      const { text } = keys.current.publicKey;
      keys.unanswered();
      return text === spare ? 'spare' : 'configured';
    });
    expect(tried).toEqual(['configured', 'spare', 'configured', 'spare']);
    expect(ofNetwork).toEqual([]);
  });

  it('is one and the same, however often nobody answers, without a rotation', () => {
    for (let times = 0; times < 5; times += 1) keys.unanswered();
    expect(keys.current).toBe(privateKey);
  });

  it.each([
    ['the old one, which the engine has put back', true],
    ['the new one, of which the engine said so to nobody', false],
  ])('build the network of the next run with %s', async (_, wasInForce) => {
    const spare = (await keys.file.obtain()).privateKey;
    await keys.file.setInForce(spare, wasInForce);
    await restart();
    keys.refused();
    keys.admitted();
    await keys.remember();
    const admitted = keys.current.publicKey.text;
    await restart();
    expect(keys.ofNetwork.publicKey.text).toBe(admitted);
  });

  it('change the network with the one that the engine admits, not with one that is tried', async () => {
    await keys.file.obtain();
    await restart();
    keys.refused();
    keys.admitted();
    expect(ofNetwork).toEqual([keys.spare!.publicKey.text]);
    keys.admitted();
    expect(ofNetwork).toHaveLength(1);
  });

  it('begin with the spare one once the engine has said that it is in force', async () => {
    const spare = (await keys.file.obtain()).privateKey;
    await keys.file.setInForce(spare);
    await restart();
    expect(keys.current.publicKey.text).toBe(spare.publicKey.text);
    expect(keys.ofNetwork.publicKey.text).toBe(spare.publicKey.text);
    expect(keys.refused()).toBe(true);
    expect(keys.current).toBe(privateKey);
  });

  it('are one again when the config has it, also when the last run did not get to remove the file', async () => {
    const spare = (await keys.file.obtain()).privateKey;
    await restart(spare);
    expect(keys.spare).toBeUndefined();
    await keys.tidy();
    await expect(stat(keys.file.path)).rejects.toThrow('ENOENT');
  });
});
