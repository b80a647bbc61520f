/** A process that serves: the engine as it is, or grpc-js with nothing around it; see servers.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { EngineServiceService, type EngineServiceServer, type NetworkPeer } from '#protocol';
import { DEFAULT_LIMITS } from '#channel';
import { runningEngine } from '../test/engine/running-engine.js';
import { until } from '../test/lab/until.js';
import { answerQuestions } from './part.js';
import type { Certificate, ServerQuestions } from './servers.js';

/** The defaults, but for how much one client calls: that is what is measured. */
const BENCHED = { ...DEFAULT_LIMITS, callRatePerClient: 100_000, callsPerClient: 10_000 };

let stop: () => unknown = () => undefined;
let remove: (name: string) => void = () => undefined;

const questions: ServerQuestions = {
  engine: async (keyTexts) => {
    // As many subnets as there are agents, and some.
    const engine = await runningEngine('local', {
      subnetPrefix: 27,
      metricsListen: { host: '127.0.0.1', port: 0 },
      limits: BENCHED,
    });
    stop = () => engine.stop();
    remove = (name) => engine.remove(name);
    for (const [index, text] of keyTexts.entries())
      writeFileSync(join(engine.keysDir, `agent-${index}.pub`), `${text}\n`);
    await until(() => admitted(engine.admin, keyTexts.length), { what: 'the keys are admitted' });
    await until(() => engine.metricsPort !== undefined, { what: 'the metrics are there' });
    return { port: engine.port, key: engine.key.publicKey.text, metricsPort: engine.metricsPort! };
  },
  bare: async (certificate) => {
    const server = new Server();
    server.addService(EngineServiceService, bareService);
    stop = () => server.forceShutdown();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentialsOf(certificate), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return { port, key: '', metricsPort: 0 };
  },
  deleteKey: (name) => {
    const at = Date.now();
    remove(name);
    return at;
  },
  residentBytes: async (when) => {
    // What finalizers free, a second collection finds.
    for (let pass = 0; when === 'collected' && pass < 3; pass += 1) {
      globalThis.gc?.();
      await new Promise((resume) => setImmediate(resume));
    }
    return process.memoryUsage.rss();
  },
  cpuMicroseconds: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

/** What the engine tells a caller: every other one that has registered. */
const barePeers: NetworkPeer[] = [];

const bareService: EngineServiceServer = {
  health: (_, answer) => answer(null, { status: 'ok', publicKey: '', version: '' }),
  register: (_, answer) => {
    const name = `agent-${barePeers.length}`;
    const where = { host: '', atEngine: true, port: 51_820, endpointRevision: 4_294_967_297 };
    barePeers.push({ name, publicKey: 'A'.repeat(44), subnet: '10.201.0.0/27', ...where });
    answer(null, { registryUrl: '', vpcCidr: '', allocatedSubnet: '', name: '', protocolVersion: 1 });
  },
  heartbeat: (_, answer) => {
    const others = barePeers.slice(1);
    answer(null, {
      vpcPeers: others.map(({ subnet, host, publicKey }) => ({ subnet, hostIp: host, publicKey })),
    });
  },
  probe: (_, answer) => answer(null, { name: '', nowMs: 0, address: '', port: 0, sent: 0, unsent: '' }),
  confirmEngineKey: (_, answer) => answer(null, {}),
  sync: (call) => {
    call.on('data', () => {
      call.write({ message: { $case: 'welcome', value: { name: 'agent', engineVersion: '' } } });
      const network = { storeId: '', revision: 1, vpcCidr: '10.201.0.0/16', subnet: '', adopted: false };
      call.write({ message: { $case: 'snapshot', value: { ...network, peers: [...barePeers] } } });
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  },
};

function credentialsOf(certificate: Certificate | null): ServerCredentials {
  if (!certificate) return ServerCredentials.createInsecure();
  const { cert, key } = certificate;
  return ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
  ]);
}

type Admin = Awaited<ReturnType<typeof runningEngine>>['admin'];

function admitted(admin: Admin, count: number): Promise<boolean> {
  return new Promise((resolve, reject) =>
    admin.engineStatus({}, (error, status) =>
      error ? reject(error) : resolve(status.clientsAdmitted === count),
    ),
  );
}

answerQuestions(questions, () => stop());
