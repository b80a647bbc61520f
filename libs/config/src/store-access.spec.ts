import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { isStoreAddress } from './fields.js';
import { loadConfig } from './load.js';

describe('the way to etcd in a config', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-config-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const load = async (...lines: string[]) => {
    const path = join(directory, 'banyan.yaml');
    const own = [`wg_private_key: "${generateKey().reveal()}"`, ...lines];
    await writeFile(path, ['engine:', ...own].join('\n  '), { mode: 0o600 });
    return (await loadConfig('engine', path)).settings;
  };

  it('may be several members, a user with a password, and certificates', async () => {
    const settings = await load(
      'store_backend: etcd',
      'store_address: "https://a:2379, https://b:2379,https://a:2379"',
      'store_username: banyan',
      'store_password_file: /p',
      'store_ca_file: /ca',
      'store_cert_file: /cert',
      'store_key_file: /key',
    );
    expect(settings.storeAddresses).toEqual(['https://a:2379', 'https://b:2379']);
    expect(settings.storeAccess).toEqual({
      username: 'banyan',
      passwordFile: '/p',
      caFile: '/ca',
      certFile: '/cert',
      keyFile: '/key',
    });
  });

  it.each([
    ['a user without a password', 'store_username: u', 'engine.store_username needs store_password_file'],
    ['a password of nobody', 'store_password_file: /p', 'engine.store_password_file needs store_username'],
    ['a certificate without its key', 'store_cert_file: /c', 'engine.store_cert_file needs store_key_file'],
    ['a key without its certificate', 'store_key_file: /k', 'engine.store_key_file needs store_cert_file'],
    ['an authority for plain http', 'store_ca_file: /ca', 'engine.store_ca_file is for https'],
  ])('is refused with %s, unless the store is another one', async (_, line, message) => {
    await expect(load('store_backend: etcd', line)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(message) as string,
      remedy: expect.stringMatching(/^(Add|Write) store_/) as string,
    });
    expect((await load(line)).storeAccess).toEqual({});
  });

  it.each([
    ['', false],
    ['http://a:2379,', false],
    ['http://a:2379,https://b:2379', false],
    ['http://user:word@a:2379', false],
    ['http://a:2379/path', false],
    ['a:2379', false],
    ['http://a:2379,http://[::1]:2379/', true],
  ])('is an address: %j %s', (address, expected) => {
    expect(isStoreAddress(address)).toBe(expected);
  });
});
