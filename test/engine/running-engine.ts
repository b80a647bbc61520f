import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { credentials, Metadata } from '@grpc/grpc-js';
import { DEFAULT_LIMITS, Gate, openEngine, type EngineConnection } from '#channel';
import type { EngineSettings, HeaderAuth } from '#config';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { SILENT } from '#log';
import { Subnet } from '#network';
import { AdminServiceClient } from '#protocol';
import { systemClock } from '#whitelist';
import { EngineModule } from '../../apps/engine/src/engine.module.js';
import { EngineKeys } from '../../apps/engine/src/keys/engine-keys.js';
import { GateStrategy } from '../../apps/engine/src/grpc/gate.strategy.js';
import { ROTATION_TIMING, TIMING, type RotationTiming } from '../../apps/engine/src/rotation/rotations.js';
import { EngineMetrics } from '../../apps/engine/src/metrics/engine-metrics.js';
import { ControlTunnel } from '../../apps/engine/src/tunnel/control-tunnel.js';
import { WHITELIST_OPTIONS } from '../../apps/engine/src/whitelist/options.js';

export { CALL_MS } from '../channel/gated-server.js';

/** The whole engine on loopback, in a directory of its own; only the tunnel, which needs a host, is left out. */
export interface RunningEngine {
  readonly key: PrivateKey;
  readonly port: number;
  readonly keysDir: string;
  readonly adminSocket: string;
  readonly gate: Gate;
  readonly admin: AdminServiceClient;
  /** Where its metrics are; undefined while it shows none. */
  readonly metricsPort: number | undefined;
  /** Puts a client's file into the keys directory by hand, with these comments. */
  drop(name: string, key: PrivateKey, ...comments: string[]): void;
  remove(name: string): void;
  connect(own: PrivateKey): Promise<EngineConnection>;
  stop(): Promise<void>;
}

/** @param changes of the settings. @param clock by which keys expire. */
export async function runningEngine(
  headerAuth: HeaderAuth = 'local',
  changes: Partial<EngineSettings> = {},
  clock = systemClock,
  rotationTiming: RotationTiming = TIMING,
): Promise<RunningEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'banyan-engine-'));
  const key = generateKey();
  const settings: EngineSettings = {
    role: 'engine',
    configPath: join(directory, 'banyan.yaml'),
    privateKey: key,
    stateDir: directory,
    runDir: directory,
    formerPublicKeys: [],
    whitelistedKeysDir: join(directory, 'keys'),
    grpcPort: 0,
    wgListenPort: 51821,
    storeBackend: 'embedded',
    storeAddresses: [],
    storeAccess: {},
    headerAuth,
    keyRotation: 'allow',
    vpcCidr: Subnet.parse('10.201.0.0/16'),
    subnetPrefix: 24,
    limits: DEFAULT_LIMITS,
    ...changes,
  };
  // A test that names one has made it, or wants it missing.
  if (changes.whitelistedKeysDir === undefined) mkdirSync(settings.whitelistedKeysDir);
  const keys = await EngineKeys.open(settings);
  const gate = new Gate({ privateKey: key, limits: settings.limits, log: SILENT });
  const adminSocket = join(directory, 'admin.sock');
  const strategy = new GateStrategy(gate, { port: 0, adminSocket });
  const identity = {
    version: 'test',
    startedAtMs: Date.now(),
    draining: strategy.draining,
  };
  const module = await Test.createTestingModule({
    imports: [EngineModule.forRoot(settings, identity, gate, keys)],
  })
    .overrideProvider(ControlTunnel)
    .useValue({ up: false, guarded: false, detail: 'left out', rekey: () => Promise.resolve() })
    .overrideProvider(ROTATION_TIMING)
    .useValue(rotationTiming)
    .overrideProvider(WHITELIST_OPTIONS)
    .useValue({
      directory: settings.whitelistedKeysDir,
      stateDir: settings.stateDir,
      ownKeys: keys.own,
      clock,
    })
    .compile();
  const app = module.createNestMicroservice({ strategy, logger: false });
  await app.listen();
  const admin = new AdminServiceClient(`unix:${adminSocket}`, credentials.createInsecure());
  const connections: EngineConnection[] = [];
  return {
    key,
    port: strategy.port,
    keysDir: settings.whitelistedKeysDir,
    adminSocket,
    gate,
    admin,
    get metricsPort() {
      return app.get(EngineMetrics).port;
    },
    drop: (name, { publicKey }, ...comments) =>
      writeFileSync(
        join(settings.whitelistedKeysDir, `${name}.pub`),
        [...comments, publicKey.text, ''].join('\n'),
      ),
    remove: (name) => rmSync(join(settings.whitelistedKeysDir, `${name}.pub`)),
    connect: async (own) => {
      const connection = await openEngine(
        {
          engineHost: '127.0.0.1',
          enginePort: strategy.port,
          engineWgPort: 51821,
          privateKey: own,
          engineKey: key.publicKey,
          stateDir: directory,
        },
        SILENT,
      );
      connections.push(connection);
      return connection;
    },
    stop: async () => {
      for (const connection of connections) connection.close();
      admin.close();
      await app.close();
      rmSync(directory, { recursive: true });
    },
  };
}

export function named(key: string): Metadata {
  const metadata = new Metadata();
  metadata.set('x-banyan-public-key', key);
  return metadata;
}
