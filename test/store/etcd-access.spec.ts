import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreAccess } from '#config';
import { openStore } from '../../apps/engine/src/store/open.js';
import type { Store } from '../../apps/engine/src/store/store.js';
import { until } from '../lab/index.js';
import { Authority } from './certificates.js';
import { EtcdServer } from './etcd-server.js';
import { recordingLog } from './log.js';

const PASSWORD = 'correct horse %s "battery"';
const put = (key: string, value: string) => ({ kind: 'put', key, value }) as const;

let directory: string;
let log: ReturnType<typeof recordingLog>;
const opened: Store[] = [];

beforeEach(() => {
  log = recordingLog();
});
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'banyan-access-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function open({ address }: EtcdServer, access: StoreAccess): Promise<Store> {
  const store = await openStore({ backend: 'etcd', addresses: [address], access, stateDir: '/nowhere' }, log);
  opened.push(store);
  return store;
}

/** Files with secrets in them, each closed to others. */
async function secret(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

describe('etcd with users', () => {
  let etcd: EtcdServer;
  let passwordFile: string;
  beforeAll(async () => {
    etcd = await EtcdServer.start();
    await etcd.etcdctl('user', 'add', 'root:root');
    await etcd.etcdctl('user', 'grant-role', 'root', 'root');
    for (const [name, prefix] of [
      ['banyan', '/banyan/v1/'],
      ['reader', undefined],
      ['stranger', '/other/'],
    ] as const) {
      await etcd.etcdctl('user', 'add', `${name}:${PASSWORD}`);
      await etcd.etcdctl('role', 'add', name);
      await etcd.etcdctl('user', 'grant-role', name, name);
      if (prefix) await etcd.etcdctl('role', 'grant-permission', name, 'readwrite', '--prefix=true', prefix);
    }
    await etcd.etcdctl('role', 'grant-permission', 'reader', 'read', '--prefix=true', '/banyan/v1/');
    await etcd.etcdctl('auth', 'enable');
    passwordFile = await secret('password', `${PASSWORD}\n`);
  });
  afterAll(() => etcd?.destroy());

  /** Of an error that may not repeat the secret. */
  const refusal = async (access: StoreAccess): Promise<{ message: string; remedy: string }> => {
    const failure = open(etcd, access).then(
      () => undefined,
      (error: { message: string; remedy: string; cause: unknown }) => error,
    );
    const error = (await failure)!;
    expect(`${error.message} ${error.remedy} ${String(error.cause)} ${log.lines.join()}`).not.toContain(
      'horse',
    );
    return error;
  };

  it('is used with the right password, and tells watchers, also once it was restarted', async () => {
    const store = await open(etcd, { username: 'banyan', passwordFile });
    let told = 0;
    store.watch('a', () => (told += 1));
    expect(await store.transact([], [put('a', '1')])).toBe(true);
    await until(() => told > 0, { what: 'the watcher is told' });
    expect(log.lines.join()).not.toContain('horse');

    // Its sessions are in its memory: ours is unknown afterwards.
    await etcd.kill();
    await etcd.start();
    const entry = await until(() => store.get('a'), { what: 'etcd is used again' });
    expect(await store.transact([{ key: 'a', revision: entry.revision }], [put('a', '2')])).toBe(true);
    await until(() => log.lines.includes('watching etcd again'), { what: 'the watch is back' });
    const before = told;
    await store.transact([], [put('a', '3')]);
    await until(() => told > before, { what: 'the watcher is told again' });
  });

  it('is signed in to anew by all calls at once when it has dropped the session, without one that fails', async () => {
    const store = await open(etcd, { username: 'banyan', passwordFile });
    // It forgets all sessions by that.
    await etcd.etcdctl('--user=root:root', 'auth', 'disable');
    await etcd.etcdctl('auth', 'enable');
    const held = Array.from({ length: 20 }, (_, n) => store.transact([], [put(`n/${n}`, '')]));
    expect(await Promise.all(held)).toEqual(held.map(() => true));
  });

  it('refuses a wrong password, and no user at all, with what to set', async () => {
    const wrong = await secret('wrong', `not ${PASSWORD}`);
    expect(await refusal({ username: 'banyan', passwordFile: wrong })).toMatchObject({
      kind: 'forbidden',
      message: `etcd at ${etcd.address} knows no such user with this password`,
      remedy: expect.stringMatching(/store_username.*store_password_file/) as string,
    });
    expect(await refusal({})).toMatchObject({
      kind: 'forbidden',
      remedy: expect.stringContaining('store_username') as string,
    });
  });

  it('refuses a user who may not read our keys, or not write them, with the command that lets them', async () => {
    const permission = {
      kind: 'forbidden',
      message: expect.stringContaining('read and write its keys') as string,
      remedy: expect.stringContaining(
        'etcdctl role grant-permission ROLE readwrite --prefix=true /banyan/v1/',
      ) as string,
    };
    expect(await refusal({ username: 'stranger', passwordFile })).toMatchObject(permission);
    const reader = await open(etcd, { username: 'reader', passwordFile });
    await expect(reader.transact([], [put('a', '')])).rejects.toMatchObject(permission);
  });

  it('says so when it asks nobody for the password that is set', async () => {
    const free = await EtcdServer.start();
    try {
      await expect(open(free, { username: 'banyan', passwordFile })).rejects.toMatchObject({
        kind: 'forbidden',
        message: expect.stringContaining('asks nobody for a password') as string,
      });
    } finally {
      await free.destroy();
    }
  });

  it('is not asked with a password file that is missing, empty or open to others', async () => {
    const username = 'banyan';
    const empty = await secret('empty', '\n');
    const exposed = await secret('exposed', PASSWORD);
    await chmod(exposed, 0o644);
    expect(await refusal({ username, passwordFile: join(directory, 'none') })).toMatchObject({
      kind: 'not-found',
    });
    expect(await refusal({ username, passwordFile: empty })).toMatchObject({ kind: 'invalid' });
    expect(await refusal({ username, passwordFile: exposed })).toMatchObject({
      kind: 'host',
      remedy: expect.stringContaining(`chmod 600 ${exposed}`) as string,
    });
  });
});

describe('etcd with certificates', () => {
  let etcd: EtcdServer;
  let authority: Authority;
  let other: Authority;
  let own: { certFile: string; keyFile: string };
  beforeAll(async () => {
    [authority, other] = await Promise.all([
      Authority.make(directory, 'ca'),
      Authority.make(directory, 'other'),
    ]);
    const [server, client] = await Promise.all([authority.issue('etcd'), authority.issue('engine')]);
    own = { certFile: client.cert, keyFile: client.key };
    etcd = await EtcdServer.start({
      scheme: 'https',
      flags: {
        'cert-file': server.cert,
        'key-file': server.key,
        'trusted-ca-file': authority.certificate,
        'client-cert-auth': 'true',
      },
    });
  });
  afterAll(() => etcd?.destroy());

  it('is used with a certificate of its authority, and tells watchers', async () => {
    const store = await open(etcd, { caFile: authority.certificate, ...own });
    let told = false;
    store.watch('a', () => (told = true));
    expect(await store.transact([], [put('a', '1')])).toBe(true);
    await until(() => told, { what: 'the watcher is told' });
  });

  it.each([
    ['another authority', () => ({ caFile: other.certificate, ...own })],
    ['the authorities of this host', () => own],
  ])('is not believed by %s', async (_, access) => {
    await expect(open(etcd, access())).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('has a certificate that the engine does not accept') as string,
      remedy: expect.stringContaining('store_ca_file') as string,
    });
  });

  it('refuses an engine without a certificate, or with one of another authority, naming the setting', async () => {
    const { cert: certFile, key: keyFile } = await other.issue('engine');
    for (const access of [{}, { certFile, keyFile }]) {
      await expect(open(etcd, { caFile: authority.certificate, ...access })).rejects.toMatchObject({
        kind: 'unavailable',
        remedy: expect.stringContaining('store_cert_file') as string,
      });
    }
  });

  it('is not asked with files that are not what they should be', async () => {
    const { keyFile, certFile } = own;
    const exposed = await secret('exposed.key', '');
    await chmod(exposed, 0o644);
    const otherKey = (await other.issue('third')).key;
    const nothing = await secret('nothing', 'nothing');
    for (const [access, message] of [
      [{ caFile: nothing }, `${nothing} has no certificate`],
      [{ certFile: nothing, keyFile }, `${nothing} has no certificate`],
      [{ certFile, keyFile: nothing }, `${nothing} has no private key`],
      [{ certFile, keyFile: otherKey }, `the certificate ${certFile} is not of the key ${otherKey}`],
      [{ certFile, keyFile: exposed }, `the key file ${exposed} is open to other users (mode 644)`],
      [{ certFile: join(directory, 'none'), keyFile }, 'does not exist'],
    ] as const) {
      await expect(open(etcd, { caFile: authority.certificate, ...access })).rejects.toThrow(message);
    }
  });
});
