import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { callUnary } from '#channel';
import type { AgentSettings } from '#config';
import { generateKey } from '#crypto/generate';
import type { BanyanError } from '#errors';
import { OwnKeys } from '../../apps/agent/src/own-keys.js';
import { Connector } from '../../apps/agent/src/connector.js';
import type { NetworkFollower } from '../../apps/agent/src/network/network-follower.js';
import type { NetworkSession } from '../../apps/agent/src/network/network-session.js';
import type { StatusBoard } from '../../apps/agent/src/status-board.js';
import { CALL_MS, runningEngine, type RunningEngine } from '../engine/running-engine.js';
import { until } from '../lab/until.js';

const key = generateKey();
let engine: RunningEngine;
let connector: Connector;
let directory: string;
/** What the agent makes of its engine's answers, in order. */
let story: string[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'banyan-agent-'));
  engine = await runningEngine();
  story = [];
  const note = (what: string): Promise<void> => Promise.resolve(void story.push(what));
  const settings: AgentSettings = {
    role: 'agent',
    configPath: '',
    privateKey: key,
    stateDir: directory,
    runDir: directory,
    engineHost: '127.0.0.1',
    enginePort: engine.port,
    engineWgPort: 51_821,
    engineKey: engine.key.publicKey,
    hostIp: undefined,
    wgPort: 51_820,
    mtu: 1420,
    hostAccess: false,
  };
  const status: Partial<StatusBoard> = {
    reached: () => Promise.resolve(),
    connecting: () => Promise.resolve(),
    connected: (name) => note(`connected as ${name}`),
    failed: ({ kind, message, remedy }: BanyanError) => note(`${kind}: ${message}. ${remedy}`),
  };
  const follower: Partial<NetworkFollower> = {
    registration: () => Promise.resolve({ hostRoutes: [], subnet: '' }),
    revoked: () => note('network taken down'),
  };
  const network: Partial<NetworkSession> = {
    open: (_, session) => {
      session.read(() => undefined);
      return () => undefined;
    },
  };
  engine.drop('worker-1', key, '# role: agent');
  const admitted = () => callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);
  await until(async () => (await admitted()).clientsAdmitted === 1);
  connector = new Connector(
    settings,
    undefined,
    status as StatusBoard,
    follower as NetworkFollower,
    network as NetworkSession,
    new OwnKeys(settings),
  );
  connector.onApplicationBootstrap();
});

afterAll(async () => {
  await connector.beforeApplicationShutdown();
  await engine.stop();
  rmSync(directory, { recursive: true });
});

describe('an agent', () => {
  it('whose key is for an operator from now on says so and keeps its network, and one that is revoked does not', async () => {
    await until(() => story.includes('connected as worker-1'));
    engine.drop('worker-1', key, '# role: cli');
    const denied = await until(() => story.find((line) => line.startsWith('forbidden')));
    expect(denied).toMatch(
      /worker-1 has the role cli, as worker-1\.pub says.*add-client --name worker-1 .*--role any/,
    );
    await until(() => story.filter((line) => line === denied).length > 1);
    expect(story).not.toContain('network taken down');
    engine.remove('worker-1');
    const refusal = await until(() => story.find((line) => line.startsWith('unauthenticated')));
    expect(refusal).toContain('--role agent');
    expect(story).toContain('network taken down');
  });
});
