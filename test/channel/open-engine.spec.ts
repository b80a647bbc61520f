import type { Log } from '#log';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Metadata, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import { callUnary, openEngine, type EngineConnection, type EngineSettings, type TunnelPath } from '#channel';
import type { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { EngineServiceService, RegisterRequest } from '#protocol';
import { CALL_MS, gatedServer, type GatedServer } from './gated-server.js';

let server: GatedServer;
let stateDir: string;
const warnings: string[] = [];
const log: Log = { say: (_, message) => warnings.push(message) };

beforeEach(async () => {
  server = await gatedServer();
  stateDir = mkdtempSync(join(tmpdir(), 'banyan-channel-'));
  warnings.length = 0;
});

afterEach(async () => {
  await server.close();
  rmSync(stateDir, { recursive: true });
});

function settings(engineKey?: PublicKey, port = server.port): EngineSettings {
  return {
    engineHost: '127.0.0.1',
    enginePort: port,
    engineWgPort: 51821,
    privateKey: generateKey(),
    stateDir,
    ...(engineKey ? { engineKey } : {}),
  };
}

describe('openEngine', () => {
  it('takes nobody for refused by what an engine answers that has proven nothing', async () => {
    const impostor = new Server();
    impostor.addService(EngineServiceService, {
      health: (_: unknown, answer: (error: Partial<ServiceError>) => void) =>
        answer({ code: status.UNAUTHENTICATED, details: 'you are not on the whitelist' }),
    });
    const port = await new Promise<number>((resolve, reject) =>
      impostor.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const error: unknown = await openEngine(settings(undefined, port), log).catch(
      (thrown: unknown) => thrown,
    );
    impostor.forceShutdown();
    expect(error).toMatchObject({ kind: 'unavailable' });
  });

  it('takes loopback beside the engine, with both keys proven and no tunnel', async () => {
    const mine = settings(server.key.publicKey);
    const never: TunnelPath = { up: () => Promise.reject(new Error('no tunnel is needed here')) };
    const engine = await openEngine(mine, log, never);
    await callUnary(
      engine.engine,
      'heartbeat',
      { agentName: '', sessionToken: '', tags: [] },
      engine.metadata(),
      CALL_MS,
    );
    expect(engine).toMatchObject({ channel: 'loopback', engineKeyConfirmed: true });
    expect(server.seen.at(-1)?.provenKey?.text).toBe(mine.privateKey.publicKey.text);
    engine.close();
  });

  it('pins the key of the first engine that answers, says so, and keeps to it', async () => {
    const first = await openEngine(settings(), log);
    expect(first.engineKeyConfirmed).toBe(false);
    expect(warnings.join()).toContain(server.key.publicKey.fingerprint);
    first.close();
    const again = await openEngine(settings(), log);
    again.close();
    expect(warnings).toHaveLength(1);
    expect(readFileSync(join(stateDir, 'known-engines.json'), 'utf8')).toContain(server.key.publicKey.text);
  });

  it('refuses an engine whose key has changed since the first use, and names both keys', async () => {
    const { port } = server;
    (await openEngine(settings(), log)).close();
    await server.close();
    const other = await gatedServer();
    const proxied = await portOf(other.port, port);
    const error: unknown = await openEngine(settings(), log).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(String(error)).toContain(other.key.publicKey.fingerprint);
    expect(String(error)).toContain(server.key.publicKey.fingerprint);
    expect(String(error)).toContain('first use');
    await proxied();
    await other.close();
  });

  it('refuses an engine that does not hold the configured key', async () => {
    const error: unknown = await openEngine(settings(generateKey().publicKey), log).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(String(error)).toContain('the configuration says');
  });

  it('says that nothing listens, and what to look at', async () => {
    const { port } = server;
    await server.close();
    await expect(openEngine(settings(server.key.publicKey, port), log)).rejects.toThrow(
      /connection refused; is banyan-engine running/,
    );
  });

  it('says that a host name is not known', async () => {
    await expect(
      openEngine({ ...settings(server.key.publicKey), engineHost: 'no-such-host.invalid' }, log),
    ).rejects.toThrow(/"no-such-host.invalid" cannot be resolved/);
  });

  it('sets a file of pins that it cannot understand aside, and fails', async () => {
    (await openEngine(settings(), log)).close();
    writeFileSync(join(stateDir, 'known-engines.json'), '{"half');
    await expect(openEngine(settings(), log)).rejects.toThrow('set aside');
    expect(readdirSync(stateDir).join()).toContain('corrupt');
  });

  it("carries the engine's refusal and its remedy to the caller", async () => {
    const engine = await openEngine(settings(server.key.publicKey), log);
    const request = RegisterRequest.fromPartial({ protocolVersion: 1 });
    await expect(
      callUnary(engine.engine, 'register', request, new Metadata(), CALL_MS),
    ).rejects.toMatchObject({
      kind: 'unauthenticated',
      message: 'not listed',
      remedy: 'list it',
    });
    engine.close();
  });
});

describe('a server that is not the engine', () => {
  it('is refused when it offers a certificate that this machine trusts', async () => {
    const trusted = getCACertificates('default');
    const directory = mkdtempSync(join(tmpdir(), 'banyan-cert-'));
    const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        keyFile,
        '-out',
        certFile,
      ],
      { stdio: 'ignore' },
    );
    const cert = readFileSync(certFile, 'utf8');
    setDefaultCACertificates([...trusted, cert]);
    let reached = false;
    const rogue = createTlsServer({ key: readFileSync(keyFile), cert, ALPNProtocols: ['h2'] }, (socket) => {
      socket.on('data', () => (reached = true));
    });
    rogue.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => rogue.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = rogue.address() as AddressInfo;
      await expect(openEngine(settings(server.key.publicKey, port), log)).rejects.toThrow(/did not prove/);
      expect(reached).toBe(false);
    } finally {
      setDefaultCACertificates(trusted);
      await new Promise((resolve) => rogue.close(resolve));
      rmSync(directory, { recursive: true });
    }
  });

  it('is given up on when it accepts and then says nothing', async () => {
    const accepted: Socket[] = [];
    const mute = createServer((socket) => accepted.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const started = Date.now();
    await expect(openEngine(settings(server.key.publicKey, port), log)).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(Date.now() - started).toBeLessThan(40_000);
    for (const socket of accepted) socket.destroy();
    mute.close();
  });
});

describe('an engine that closes in the middle of a handshake', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['in order', (socket) => void socket.destroy()],
    ['by a reset', (socket) => void socket.resetAndDestroy()],
  ])('%s, is told as that, with what may be the reason', async (_, closes) => {
    const closing = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => closes(socket));
    });
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    const { port } = closing.address() as AddressInfo;
    await expect(openEngine(settings(server.key.publicKey, port), log)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/closed during the handshake/) as string,
      remedy: expect.stringMatching(/too many connections of unknown callers.*`limited`/) as string,
    });
    closing.close();
  });
});

it('a key that is not admitted is told of a limit on handshakes as of one of two things', async () => {
  const crowded = await gatedServer({ admits: () => false });
  const crowd = new Set<Socket>();
  let crowding = true;
  const come = (): void => {
    const socket = connect(crowded.port, '127.0.0.1').on('error', () => undefined);
    crowd.add(socket);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.resume().once('close', () => {
      crowd.delete(socket);
      if (crowding) setTimeout(come, 5);
    });
  };
  for (let at = 0; at < 100; at += 1) come();
  // Now and then one gets in: ten a second do.
  const refusal = async (): Promise<unknown> => {
    for (;;) {
      const answer: unknown = await openEngine(settings(crowded.key.publicKey, crowded.port), log).catch(
        (error: unknown) => error,
      );
      if (answer instanceof Error) return answer;
      (answer as EngineConnection).close();
    }
  };
  await expect(refusal()).resolves.toMatchObject({
    kind: 'unavailable',
    message: expect.stringMatching(
      /does not hold the engine key .*, or had too many handshakes by keys that are not admitted/,
    ) as string,
    remedy: expect.stringMatching(/wait a few seconds.*compare/) as string,
  });
  crowding = false;
  for (const socket of crowd) socket.destroy();
  await crowded.close();
});

/** Forwards one port to another, so that "the engine at this address" can become another engine. */
async function portOf(to: number, at: number): Promise<() => Promise<void>> {
  const forwarder = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    socket.on('error', () => onward.destroy()).pipe(onward);
    onward.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => forwarder.listen(at, '127.0.0.1', resolve));
  return () => new Promise((resolve) => forwarder.close(() => resolve()));
}
