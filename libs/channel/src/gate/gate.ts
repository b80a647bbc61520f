import { createServer, type Server as Listener, type Socket } from 'node:net';
import { experimental, ServerCredentials, type Server } from '@grpc/grpc-js';
import type { PrivateKey, PublicKey } from '#crypto';
import type { Log } from '#log';
import { isLoopback, pathOf, plainAddress } from '../path.js';
import { identify, type CallObserver, type Desk } from './call-context.js';
import { Connections, type Connection, type Ends } from './connection.js';
import { Doorkeeper, type Judge } from './doorkeeper.js';
import { DEFAULT_LIMITS, type GateLimits } from './limits.js';
import { bindError, listening, listenPrivately, refuseLiveSocket } from './listen.js';
import { serveLiveStreamsOnly } from './live-streams.js';
import { PskServer, type EngineKeys } from './psk-server.js';
import { sniff } from './sniff.js';
import { SocketOwners } from './socket-owner.js';

/** Every live connection answers a keepalive ping in less than this; a socket that read nothing is dead. */
const SWEEP_INTERVAL_MS = 20_000;

type Injector = ReturnType<Server['createConnectionInjector']>;

export interface GateOptions {
  readonly privateKey: PrivateKey;
  readonly limits?: GateLimits;
  readonly log: Log;
  /** Answered by as well, for clients that know no other. */
  readonly previousKey?: PrivateKey | undefined;
  /** Called for every connection that a caller proved a key on, admitted or not. */
  readonly onProven?: (key: PublicKey, connection: Connection) => void;
}

/**
 * The engine's one door. It decides what a connection is before gRPC sees a byte of it, and remembers it:
 * TLS with a pre-shared key proves a public key, plain HTTP/2 proves nothing, anything else is closed.
 * It then hands the connection to grpc-js, which asks {@link connectionOf} who is calling.
 *
 * Not here: who is admitted, and what they may call (`apps/engine/src/auth`); how many may come (`doorkeeper.ts`).
 */
export class Gate {
  readonly connections = new Connections();
  readonly doorkeeper: Doorkeeper;
  readonly #psk: PskServer;
  #current: PublicKey;
  readonly #listeners: Listener[] = [];
  readonly #raw = new Set<Socket>();
  readonly #owners = new SocketOwners();
  #injector: Injector | undefined;
  #adminInjector: Injector | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  readonly #observers: CallObserver[] = [];

  constructor(private readonly options: GateOptions) {
    const { privateKey, previousKey, limits = DEFAULT_LIMITS } = options;
    this.doorkeeper = new Doorkeeper(limits, this.connections);
    this.#current = privateKey.publicKey;
    this.#psk = new PskServer(
      { current: privateKey, previous: previousKey },
      (socket, { key, engineKey }) => void this.#admit(socket, { provenKey: key, engineKey }),
      (socket, key) => this.doorkeeper.named(socket, key.text),
    );
  }

  /** Tells the gate who is on the whitelist; until then it takes everybody for a stranger. */
  consult(judge: Judge): void {
    this.doorkeeper.judge = judge;
  }

  /** From now on this is told of every call that has ended. */
  observeCalls(observer: CallObserver): void {
    this.#observers.push(observer);
  }

  /** Ties the gate to the gRPC server that will serve what passes it. */
  attach(server: Server): void {
    serveLiveStreamsOnly(server);
    const ended: CallObserver = (call) => {
      for (const observer of this.#observers) observer(call);
    };
    const injector = (desk: Desk): Injector =>
      server.createConnectionInjector(
        experimental.createServerCredentialsWithInterceptors(ServerCredentials.createInsecure(), [
          identify(desk),
        ]),
      );
    this.#injector = injector({
      find: (ends) => this.connections.find(ends),
      meter: (connection) => this.doorkeeper.call(connection),
      announce: ({ engineKey }) =>
        engineKey && !engineKey.equals(this.#current) ? this.#current.text : undefined,
      ended,
    });
    const admin: Connection = { path: 'admin', remoteAddress: '', remotePort: 0 };
    this.#adminInjector = injector({
      find: () => admin,
      meter: () => undefined,
      announce: () => undefined,
      ended,
    });
  }

  /**
   * Opens the door for the network.
   * @throws BanyanError `conflict` when the port is taken.
   */
  async listen(port: number, host?: string): Promise<number> {
    const listener = createServer((socket) => this.#sniff(socket));
    const at = { port, host, backlog: 1024 };
    await listening(listener, at, (error) => bindError(error, port), this.options.log);
    this.#listeners.push(listener);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
    const address = listener.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /**
   * Opens the admin socket, 0600 from its first moment: whoever can open it is root or the engine's user.
   * @throws BanyanError `conflict` when another engine answers there; `host` when it cannot be made.
   */
  async listenAdmin(path: string): Promise<void> {
    await refuseLiveSocket(path);
    const onSocket = (socket: Socket): void => {
      this.#track(socket);
      this.#adminInjector?.injectConnection(socket);
    };
    const listener = await listenPrivately(path, onSocket, this.options.log);
    this.#listeners.push(listener);
  }

  /** Answers by these keys from now on; connections that others were proven on end at once. @returns how many there were. */
  useKeys(keys: EngineKeys): number {
    this.#psk.use(keys);
    this.#current = keys.current.publicKey;
    return this.connections.destroyUnless(
      [keys.current, keys.previous].flatMap((key) => (key ? [key.publicKey] : [])),
    );
  }

  /** Ends every connection of a key, at once. @returns how many there were. */
  destroyKey(key: PublicKey): number {
    this.doorkeeper.forget(key.text);
    return this.connections.destroy(key.text);
  }

  /**
   * Lets calls in flight end, then closes everything. grpc-js neither closes nor stops serving injected
   * connections by itself, so the sockets are ended here.
   */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#sweeper);
    this.doorkeeper.close();
    for (const listener of this.#listeners.splice(0)) listener.close();
    if (this.#raw.size === 0) return;
    this.#injector?.drain(graceMs);
    this.#adminInjector?.drain(graceMs);
    const deadline = performance.now() + graceMs;
    while (this.#raw.size > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const socket of this.#raw) socket.destroy();
  }

  #track(socket: Socket): void {
    this.#raw.add(socket);
    // From the moment of accept: a reset before a handler is there would end the process.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#raw.delete(socket));
  }

  #sniff(socket: Socket): void {
    this.#track(socket);
    if (!this.doorkeeper.arrived(socket)) return void socket.destroy();
    sniff(socket, (spoken, beginning) => {
      this.doorkeeper.spoke(socket, spoken === 'tls' ? beginning : undefined);
      if (spoken === 'tls') this.#psk.accept(socket);
      else if (spoken === 'http2' && this.doorkeeper.plain(socket)) void this.#admit(socket, {});
      else socket.destroy();
    });
  }

  async #admit(socket: Socket, proof: Pick<Connection, 'provenKey' | 'engineKey'>): Promise<void> {
    const ends: Ends = {
      localAddress: socket.localAddress,
      localPort: socket.localPort,
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
    };
    // A socket that was reset meanwhile knows no ends; injected, Node would keep its descriptor for ever.
    if (ends.remoteAddress === undefined || ends.localAddress === undefined) return void socket.destroy();
    const remoteAddress = plainAddress(ends.remoteAddress);
    const localAddress = plainAddress(ends.localAddress);
    const remotePort = ends.remotePort ?? 0;
    const bothLoopback = isLoopback(remoteAddress) && isLoopback(localAddress);
    const callerUid =
      proof.provenKey || !bothLoopback
        ? undefined
        : await this.#owners.of(remoteAddress, remotePort, localAddress, ends.localPort ?? 0);
    if (socket.destroyed) return;
    const connection: Connection = {
      path: pathOf(localAddress, remoteAddress),
      remoteAddress,
      remotePort,
      ...proof,
      ...(callerUid === undefined ? {} : { callerUid }),
    };
    this.connections.add(connection, socket, ends);
    this.doorkeeper.connected(connection, ends);
    if (connection.provenKey) this.options.onProven?.(connection.provenKey, connection);
    this.#injector?.injectConnection(socket);
  }

  #lastRead = new WeakMap<Socket, number>();

  /** Node's HTTP/2 over TLS keeps a descriptor for ever when a reset arrives near a write: close what went silent. */
  #sweep(): void {
    for (const socket of this.#raw) {
      if (this.#lastRead.get(socket) === socket.bytesRead) socket.destroy();
      else this.#lastRead.set(socket, socket.bytesRead);
    }
  }
}
