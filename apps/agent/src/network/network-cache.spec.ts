import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { built, described, sent } from '../testing/sample-network.js';
import { NetworkCache, type KnownNetwork } from './network-cache.js';

const known: KnownNetwork = {
  network: built(described([sent(1), sent(2, { host: '', port: 0 }), sent(3, { host: '', atEngine: true })])),
  engineKey: generateKey().publicKey,
  engineAddress: '192.0.2.1',
};

describe('the last network on disk', () => {
  let directory: string;
  let cache: NetworkCache;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-cache-'));
    cache = new NetworkCache(directory);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is what was written, for root’s eyes only', async () => {
    expect(await cache.read()).toBeUndefined();
    await cache.write(known);
    expect(await cache.read()).toEqual(known);
    const renewing = { ...known, nextEngineKey: generateKey().publicKey };
    await cache.write(renewing);
    expect(await cache.read()).toEqual(renewing);
    expect((await stat(cache.path)).mode & 0o777).toBe(0o600);
    await cache.remove();
    expect(await cache.read()).toBeUndefined();
  });

  it('can be looked at without setting it aside when it is damaged', async () => {
    await writeFile(cache.path, 'nothing');
    await expect(cache.peek()).rejects.toMatchObject({ kind: 'host' });
    expect(await readdir(directory)).toEqual(['network.json']);
    await cache.write(known);
    expect(await cache.peek()).toEqual(known);
  });

  const damaged: [string, (text: string) => string][] = [
    ['nothing', () => ''],
    ['a part', (text) => text.slice(0, text.length / 2)],
    ['null', () => 'null'],
    ['another format', (text) => text.replace('"format":1', '"format":2')],
    ['no peers', (text) => text.replace('"peers"', '"others"')],
    ['a peer that is none', (text) => text.replace('worker-1', 'worker 1')],
    ['subnets that overlap', (text) => text.replace('10.201.2.0/24', '10.201.1.0/24')],
    ['no engine', (text) => text.replace('192.0.2.1"', 'engine"')],
  ];
  it.each(damaged)('is set aside with a word when it is damaged: %s', async (_, damage) => {
    await cache.write(known);
    const text = damage(await readFile(cache.path, 'utf8'));
    await writeFile(cache.path, text);
    await expect(cache.read()).rejects.toMatchObject({
      kind: 'host',
      message: expect.stringContaining('set aside as') as string,
    });
    expect(await readdir(directory)).toEqual(['network.json.damaged']);
    expect(await readFile(`${cache.path}.damaged`, 'utf8')).toBe(text);
    expect(await cache.read()).toBeUndefined();
  });
});
