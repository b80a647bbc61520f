import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import {
  EngineServiceClient,
  RegisterRequest,
  type NetworkPeer,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { distinctKeys } from '../engine/distinct-keys.js';
import { CALL_MS, named, runningEngine, type RunningEngine } from '../engine/running-engine.js';
import { until } from '../lab/until.js';
import { proof, tcp, tls, tlsOn } from './psk-socket.js';
import { ask, askIdentity, opening, type Field } from './raw-http2.js';

const HEADER = 'x-banyan-public-key';
const HELLO: SyncRequest = { message: { $case: 'hello', value: { protocolVersion: 1, version: '1' } } };

let engine: RunningEngine;
let victim: PrivateKey;
let attacker: PrivateKey;
const open: { destroy(): void }[] = [];

beforeAll(async () => {
  engine = await runningEngine();
  [victim, attacker] = distinctKeys(2) as [PrivateKey, PrivateKey];
  for (const [name, key] of [
    ['worker-1', victim],
    ['worker-2', attacker],
  ] as const) {
    engine.drop(name, key);
    await admitted(key);
  }
});
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});
afterAll(() => engine?.stop());

async function admitted(key: PrivateKey): Promise<EngineConnection> {
  const connection = await engine.connect(key);
  await until(() => connection.call('status', {}), { what: 'the key is admitted' });
  return connection;
}

/** A connection on which this key was proven, with nothing sent on it. */
async function proven(
  key: PrivateKey,
  ends: { host?: string; localAddress?: string; localPort?: number } = {},
) {
  const socket = await tls({ port: engine.port, ...ends }, proof(key, engine.key.publicKey));
  open.push(socket);
  return socket;
}

const naming = (key: PrivateKey): Field[] => [[HEADER, key.publicKey.text]];

describe('an admitted component that proves its own key and smuggles the key of another into the header', () => {
  const texts = () => [attacker.publicKey.text, victim.publicKey.text] as const;
  const long = 'x'.repeat(9 * 1024);
  const own = (): Field => [HEADER, texts()[0]];
  const other = (): Field => [HEADER, texts()[1]];

  const smuggled: [how: string, fields: () => Field[], trailers?: () => Field[]][] = [
    ['alone', () => [other()]],
    ['repeated, its own first', () => [own(), other()]],
    ['repeated, its own last', () => [other(), own()]],
    ['joined by a comma', () => [[HEADER, texts().join(',')]]],
    ['joined by a comma and a space', () => [[HEADER, texts().toReversed().join(', ')]]],
    ['in the binary form beside its own', () => [own(), [`${HEADER}-bin`, texts()[1]]]],
    ['in the binary form alone', () => [[`${HEADER}-bin`, texts()[1]]]],
    ['as bytes', () => [[HEADER, Buffer.from(victim.publicKey.bytes)]]],
    ['under a name in capitals', () => [own(), ['X-Banyan-Public-Key', texts()[1]]]],
    ['under a name with a space', () => [own(), [`${HEADER} `, texts()[1]]]],
    ['under a name with NUL', () => [own(), [`${HEADER}\0`, texts()[1]]]],
    ['as a pseudo header', () => [own(), [`:${HEADER}`, texts()[1]]]],
    ['behind a line break', () => [[HEADER, `${texts()[0]}\r\n${HEADER}: ${texts()[1]}`]]],
    ['behind NUL', () => [[HEADER, texts().join('\0')]]],
    ['before NUL', () => [[HEADER, texts().toReversed().join('\0')]]],
    ['with white space around it', () => [[HEADER, ` ${texts()[1]}\t`]]],
    ['in another alphabet of base64', () => [[HEADER, texts()[1].replaceAll('+', '-').replaceAll('/', '_')]]],
    ['behind nine kilobytes', () => [own(), ['x-filler', long], other()]],
    ['in nine kilobytes', () => [[HEADER, `${texts()[1]}${long}`]]],
    ['behind a hundred frames of header', () => [own(), ['x-filler', long.repeat(180)], other()]],
    ['in the trailers', () => [own()], () => [other()]],
  ];

  it.each(smuggled)('is not taken for it: %s', async (_, fields, trailers = () => []) => {
    const socket = await proven(attacker);
    const identity = await askIdentity(socket, fields(), trailers());
    expect([undefined, 'worker-2']).toContain(identity);
  });

  it('would be seen to be taken for it: the same question is answered with who is asking', async () => {
    expect(await askIdentity(await proven(attacker), [own()])).toBe('worker-2');
    expect(await askIdentity(await proven(victim), [other()])).toBe('worker-1');
  });
});

describe('an admitted component whose connection looks like that of another', () => {
  it('has its own identity on it, however their calls alternate', async () => {
    const first = await proven(victim, { host: '127.0.0.2', localAddress: '127.0.0.1' });
    const localPort = first.localPort!;
    const second = await proven(attacker, { host: '127.0.0.3', localAddress: '127.0.0.1', localPort });
    // What the engine sees of the remote ends is the same address and the same port.
    expect([second.localAddress, second.localPort]).toEqual([first.localAddress, first.localPort]);
    for (const socket of [first, second]) socket.write(opening());
    for (const stream of [1, 5, 9]) {
      const answers = [
        ask(second, stream, naming(attacker)),
        ask(first, stream, naming(victim)),
        ask(second, stream + 2, naming(victim)),
      ];
      expect(await Promise.all(answers)).toEqual(['worker-2', 'worker-1', undefined]);
    }
    first.destroy();
    expect(await ask(second, 13, naming(victim))).toBeUndefined();
    expect(await ask(second, 15, naming(attacker))).toBe('worker-2');
  });

  it('has its own identity also where it takes the very ends of a connection that has just broken', async () => {
    for (let round = 0; round < 20; round += 1) {
      const raw = await tcp({ port: engine.port, localAddress: '127.0.0.1' });
      const ends = { localAddress: '127.0.0.1', localPort: raw.localPort! };
      const before = await tlsOn(raw, proof(victim, engine.key.publicKey));
      expect(await askIdentity(before, naming(victim))).toBe('worker-1');
      // A reset leaves no TIME_WAIT behind, so that the ends are free at once.
      raw.resetAndDestroy();
      const after = await proven(attacker, ends);
      expect(after.localPort).toBe(ends.localPort);
      after.write(opening());
      expect(await ask(after, 1, naming(victim))).toBeUndefined();
      expect(await ask(after, 3, naming(attacker))).toBe('worker-2');
      after.destroy();
    }
  });
});

describe('a component that keeps the TLS session of a connection', () => {
  let key: PrivateKey;
  let session: Buffer;
  const madeUp = { pskCallback: () => ({ identity: key.publicKey.text, psk: randomBytes(32) }) };
  const without = { rejectUnauthorized: false };

  beforeAll(async () => {
    key = generateKey();
    engine.drop('revoked-1', key);
    await admitted(key);
    const socket = await proven(key);
    const received = once(socket, 'session') as Promise<[Buffer]>;
    expect(await askIdentity(socket, naming(key))).toBe('revoked-1');
    [session] = await received;
    engine.remove('revoked-1');
    const again = await engine.connect(key);
    await until(
      () =>
        again.call('status', {}).then(
          () => false,
          () => true,
        ),
      { what: 'the key is revoked' },
    );
  });

  it('does not come back with it after its revocation, with its secret, a made-up one, or none', async () => {
    const ends = { port: engine.port };
    await expect(tls(ends, { session, ...madeUp })).rejects.toThrow();
    await expect(tls(ends, { session, ...without })).rejects.toThrow();
    // Who holds the key can always prove it; that is what the refusal is told to.
    const socket = await tls(ends, { session, ...proof(key, engine.key.publicKey) });
    open.push(socket);
    expect(await askIdentity(socket, naming(key))).toBeUndefined();
  });

  it('would with a server as Node makes it: a session opens it without any secret', async () => {
    let asked = 0;
    const psk = randomBytes(32);
    const stock = createTlsServer({
      minVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_128_GCM_SHA256',
      ALPNProtocols: ['h2'],
      pskCallback: () => ((asked += 1), psk),
    });
    stock.on('secureConnection', (socket) => socket.on('error', () => undefined).write('welcome'));
    stock.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => stock.listen(0, '127.0.0.1', resolve));
    const ends = { port: (stock.address() as AddressInfo).port };
    try {
      const first = await tls(ends, { pskCallback: () => ({ identity: 'x', psk }) });
      open.push(first);
      const [ticket] = (await once(first.resume(), 'session')) as [Buffer];
      expect(asked).toBe(1);
      const second = await tls(ends, { session: ticket, ...madeUp });
      open.push(second);
      expect(String((await once(second, 'data'))[0])).toBe('welcome');
      expect(asked).toBe(1);
    } finally {
      for (const each of open.splice(0)) each.destroy();
      await new Promise((resolve) => stock.close(resolve));
    }
  });
});

describe('an agent that reports what is not its own', () => {
  let own: EngineConnection;
  let operator: EngineConnection;
  let stream: Stream;

  beforeAll(async () => {
    operator = await engine.connect(victim);
    own = await engine.connect(attacker);
    const honest = { wgPort: 51_820, hostIp: '192.0.2.1', version: '1.0.0', tags: ['honest'] };
    await register(operator, honest);
    await register(own, { wgPort: 51_820, hostIp: '192.0.2.2' });
  });
  afterEach(() => stream?.cancel());

  const agent = async (name: string) => {
    const { agents } = await operator.call('listAgents', {});
    return agents.find((each) => each.name === name)!;
  };

  it('writes its own record and nobody else’s, whatever name and key it gives', async () => {
    const before = await agent('worker-1');
    expect(before).toMatchObject({ subnet: '10.201.0.0/24', endpoint: '192.0.2.1:51820', tags: ['honest'] });
    const lie = {
      agentName: 'worker-1',
      wgPublicKey: victim.publicKey.text,
      hostIp: '192.0.2.66',
      wgPort: 666,
      version: '6.6.6',
      tags: ['evil'],
    };
    expect(await register(own, lie)).toMatchObject({ name: 'worker-2' });
    const heartbeat = { agentName: 'worker-1', sessionToken: '', tags: ['evil'] };
    await callUnary(own.engine, 'heartbeat', heartbeat, own.metadata(), CALL_MS);
    stream = sync(own);
    await once(stream, 'data');
    const link = {
      publicKey: victim.publicKey.text,
      endpoint: '192.0.2.66:1',
      latestHandshakeMs: 1,
      receivedBytes: 1,
      sentBytes: 1,
      roundTripUs: 1,
      up: true,
    };
    stream.write({ message: { $case: 'links', value: { links: [link], leftOut: 0 } } });
    stream.write({ message: { $case: 'linkCount', value: { up: 7, wanted: 7 } } });
    await until(async () => (await agent('worker-2')).linksUp === 7, { what: 'its own report has arrived' });
    const after = await agent('worker-1');
    expect({ ...after, lastSeenMs: 0 }).toEqual({ ...before, lastSeenMs: 0 });
    expect(await agent('worker-2')).toMatchObject({ version: '6.6.6', endpoint: '192.0.2.66:666' });
  });

  it.each([
    ['the subnet of another', '10.201.0.0/24'],
    ['the whole network', '10.201.0.0/16'],
    ['a part of the control network', '10.200.0.0/24'],
    ['a subnet around that of another', '10.201.0.0/23'],
  ])('is not given %s by wishing for it', async (_, subnet) => {
    const { allocatedSubnet } = await register(own, { subnet });
    expect(allocatedSubnet).toBe('10.201.1.0/24');
    const [fresh] = [generateKey()];
    engine.drop('worker-3', fresh);
    const third = await admitted(fresh);
    const given = (await register(third, { subnet })).allocatedSubnet;
    expect(['10.201.0.0/24', '10.201.1.0/24', subnet]).not.toContain(given);
    expect(given).toMatch(/^10\.201\.\d+\.0\/24$/);
    engine.remove('worker-3');
    expect((await agent('worker-1')).subnet).toBe('10.201.0.0/24');
  });

  it('takes no subnet from others by saying that it routes it itself', async () => {
    const told = await networkOf(operator);
    await register(own, { hostRoutes: ['10.201.0.0/24', '0.0.0.0/0'] }).catch(() => undefined);
    const { allocatedSubnet } = await register(operator, { hostIp: '192.0.2.1', wgPort: 51_820 });
    expect(allocatedSubnet).toBe('10.201.0.0/24');
    const now = await networkOf(operator);
    expect(now.filter(({ name }) => name === 'worker-1')).toEqual(
      told.filter(({ name }) => name === 'worker-1'),
    );
  });
});

describe('a Sync stream whose key is revoked', () => {
  it('does not outlive it, also when it is opened in that very moment, by whatever way', async () => {
    const bystander = await admitted(attacker);
    await register(bystander, {});
    const stays = sync(bystander);
    let ended = 0;
    stays.once('status', () => (ended += 1));
    await once(stays, 'data');
    for (let round = 0; round < 8; round += 1) {
      const name = `doomed-${round}`;
      const key = generateKey();
      engine.drop(name, key);
      await register(await admitted(key), {});
      const streams: Heard[] = [];
      const connections = await Promise.all(Array.from({ length: 4 }, () => engine.connect(key)));
      const plain = new EngineServiceClient(`127.0.0.1:${engine.port}`, credentials.createInsecure());
      const openAll = (): void => {
        for (const connection of connections) streams.push(new Heard(sync(connection)));
        streams.push(new Heard(sync({ engine: plain, metadata: () => named(key.publicKey.text) })));
      };
      openAll();
      await until(() => streams.every(({ messages }) => messages > 0), { what: 'all streams are open' });
      const opening = setInterval(openAll, 2);
      setTimeout(() => engine.remove(name), 3 * round);
      const isListed = async (): Promise<boolean> => {
        const { clients } = await callUnary(engine.admin, 'listClients', {}, new Metadata(), CALL_MS);
        return clients.some((client) => client.name === name);
      };
      await until(async () => !(await isListed()), { what: 'the key is revoked' });
      clearInterval(opening);
      await until(() => streams.every(({ messages, closed }) => closed || messages === 0), {
        what: 'every stream of the revoked key has ended',
      });
      const heard = streams.map(({ messages }) => messages);
      const { agents } = await bystander.call('listAgents', {});
      expect(agents.find((each) => each.name === name)?.state).toBe('offline');
      expect(streams.map(({ messages }) => messages)).toEqual(heard);
      for (const each of [plain, ...connections]) each.close();
    }
    expect(ended).toBe(0);
    stays.cancel();
  });
});

type Stream = ClientDuplexStream<SyncRequest, SyncResponse>;

/** What has come on a stream. */
class Heard {
  messages = 0;
  closed = false;

  constructor(stream: Stream) {
    stream.on('data', () => (this.messages += 1));
    stream.once('status', () => (this.closed = true));
  }
}

function sync(connection: Pick<EngineConnection, 'engine' | 'metadata'>): Stream {
  const stream = connection.engine.sync(connection.metadata());
  stream.on('error', () => undefined);
  stream.write(HELLO);
  return stream;
}

function register(connection: EngineConnection, report: Partial<RegisterRequest>) {
  const request = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1', ...report });
  return callUnary(connection.engine, 'register', request, connection.metadata(), CALL_MS);
}

/** What everybody is told of the network. */
async function networkOf(connection: EngineConnection): Promise<readonly NetworkPeer[]> {
  const stream = sync(connection);
  const peers = await new Promise<readonly NetworkPeer[]>((resolve) => {
    stream.on('data', ({ message }: SyncResponse) => {
      if (message?.$case === 'snapshot') resolve(message.value.peers);
    });
  });
  stream.cancel();
  return peers;
}
