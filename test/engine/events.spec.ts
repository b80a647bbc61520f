import { once } from 'node:events';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { log, type Level } from '#log';
import type { FollowEventsRequest, FollowEventsResponse, LogLevelRequest, LogLevelResponse } from '#protocol';
import { openSession, type Session } from '../../apps/agent/src/session.js';
import { hearLog, leaveLog } from '../../libs/log/src/testing/hear-log.js';
import { until } from '../lab/until.js';
import { CALL_MS, runningEngine, type RunningEngine } from './running-engine.js';

let engine: RunningEngine;
beforeEach(async () => {
  engine = await runningEngine();
});
afterEach(async () => {
  await engine.stop();
  leaveLog();
});

/** Puts a key on the whitelist and connects with it. */
async function admitted(name: string, key: PrivateKey, ...comments: string[]): Promise<EngineConnection> {
  engine.drop(name, key, ...comments);
  const connection = await engine.connect(key);
  const metadata = () => connection.metadata();
  const confirm = () =>
    callUnary(connection.engine, 'confirmEngineKey', {}, metadata(), CALL_MS).then(
      () => true,
      () => false,
    );
  await until(confirm, { what: `${name} is admitted` });
  return connection;
}

async function agent(
  name: string,
  key: PrivateKey = generateKey(),
): Promise<{ connection: EngineConnection; session: Session }> {
  const connection = await admitted(name, key);
  const host = { hostRoutes: [], subnet: '' };
  const session = await openSession(connection, { wgPort: 51_820, hostIp: undefined }, host);
  session.read(() => undefined);
  return { connection, session };
}

/** Events as they come in, as `EVENT NAME: MESSAGE`. */
class Follower {
  readonly heard: FollowEventsResponse[] = [];
  readonly stream: ClientReadableStream<FollowEventsResponse>;
  readonly ended: Promise<unknown>;

  constructor(by: EngineConnection, request: Partial<FollowEventsRequest> = {}) {
    const all = { sinceMs: 0, last: 0, follow: true, history: '', after: 0, ...request };
    this.stream = by.operator.followEvents(all, by.metadata());
    this.stream.on('data', (response: FollowEventsResponse) => this.heard.push(response));
    this.ended = new Promise((resolve) => {
      this.stream.on('error', resolve);
      this.stream.on('end', () => resolve(undefined));
    });
  }

  get lines(): string[] {
    return this.heard.flatMap(({ event }) =>
      event ? [`${event.event} ${event.name}: ${event.message}`] : [],
    );
  }

  has(pattern: RegExp): Promise<string> {
    return until(() => this.lines.find((line) => pattern.test(line)), { what: `${pattern}` });
  }
}

describe('who follows events', () => {
  it('is told of agents that come and go, and of clients, in the words of the log', async () => {
    const lines = hearLog();
    const follower = new Follower(await admitted('cli-1', generateKey(), '# role: cli'));
    await follower.has(/^client.admitted cli-1: admitted \(SHA256:/);
    const one = await agent('worker-1');
    await follower.has(/^agent.online worker-1: online by loopback/);
    one.session.close();
    await follower.has(/^agent.offline worker-1: its stream ended/);
    engine.remove('worker-1');
    await follower.has(/^client.revoked worker-1: revoked .*its file is gone/);
    await follower.has(/^client.revocation_receipt worker-1: revoked: 0\/0 online agents/);
    for (const line of follower.lines) expect(lines.map((each) => each.replace(/^<\d>/, ''))).toContain(line);
  });

  it('is told that a key has left the network by its role, and was not revoked', async () => {
    const follower = new Follower(await admitted('cli-1', generateKey(), '# role: cli'));
    const key = generateKey();
    await agent('worker-1', key);
    engine.drop('worker-1', key, '# role: cli');
    await follower.has(/^client.revocation_receipt worker-1: withdrew: 0\/0 online agents/);
    expect(follower.lines.filter((line) => line.startsWith('client.revoked'))).toEqual([]);
  });

  it('is told what the engine keeps, as far as it asks, and no more', async () => {
    const operator = await admitted('cli-1', generateKey(), '# role: cli');
    await agent('worker-1');
    await new Follower(operator).has(/^agent.online worker-1/);
    const all = new Follower(operator, { follow: false });
    expect(await all.ended).toBeUndefined();
    expect(all.lines.at(-1)).toMatch(/^agent.online worker-1/);
    const last = new Follower(operator, { follow: false, last: 1 });
    await last.ended;
    expect(last.lines).toEqual(all.lines.slice(-1));
    const later = new Follower(operator, { follow: false, sinceMs: Date.now() + 60_000 });
    await later.ended;
    expect(later.heard).toMatchObject([{ number: all.heard.at(-1)!.number }]);
  });

  it('goes on behind what it has seen', async () => {
    const operator = await admitted('cli-1', generateKey(), '# role: cli');
    const first = new Follower(operator, { follow: false });
    await first.ended;
    const { history, number: after } = first.heard.at(-1)!;
    await agent('worker-1');
    await new Follower(operator).has(/^agent.online worker-1/);
    const next = new Follower(operator, { follow: false, history, after, last: 1 });
    await next.ended;
    expect(next.lines).toEqual([
      expect.stringMatching(/^client.admitted worker-1/),
      expect.stringMatching(/^agent.online worker-1/),
    ]);
    expect(next.heard.map(({ missed }) => missed)).toEqual([0, 0, 0]);
  });

  it('is told how much it missed when it does not read, and costs no memory for it', async () => {
    const operator = await admitted('cli-1', generateKey(), '# role: cli');
    const slow = new Follower(operator, { last: 1 });
    await until(() => slow.heard.length > 0);
    slow.stream.pause();
    const already = slow.heard.length;
    for (let number = 0; number < 20_000; number++) log.say('store.adopted', `${number} ${'x'.repeat(500)}`);
    slow.stream.resume();
    await until(() => slow.lines.some((line) => line.startsWith('store.adopted : 19999 ')));
    const told = slow.heard.slice(already);
    const missed = told.reduce((sum, response) => sum + response.missed, 0);
    expect(missed).toBeGreaterThan(10_000);
    expect(missed + told.filter(({ event }) => event).length).toBe(20_000);
  });

  it('is cut off when its key is revoked, when its role is another, and when the engine stops', async () => {
    const key = generateKey();
    const revoked = new Follower(await admitted('cli-1', generateKey(), '# role: cli'));
    const narrowed = new Follower(await admitted('cli-2', key, '# role: cli'));
    const stopped = new Follower(await admitted('cli-3', generateKey(), '# role: cli'));
    await Promise.all([revoked, narrowed, stopped].map((each) => until(() => each.heard.length > 0)));
    engine.remove('cli-1');
    expect(await revoked.ended).toMatchObject({ code: 14 });
    engine.drop('cli-2', key, '# role: agent');
    expect(await narrowed.ended).toMatchObject({ code: 7 });
    await stopped.has(/^client.changed cli-2: /);
    const ended = once(stopped.stream, 'error');
    await engine.stop();
    expect(await ended).toMatchObject([{ code: 14 }]);
    engine = await runningEngine();
  });

  it('is an operator: an agent may not', async () => {
    const other = new Follower(await admitted('worker-1', generateKey(), '# role: agent'));
    expect(await other.ended).toMatchObject({ code: 7 });
    const operator = new Follower(await admitted('cli-1', generateKey(), '# role: cli'));
    await operator.has(/^role\.denied worker-1: 127\.0\.0\.1 \(loopback, key SHA256:/);
  });
});

describe('the log of a running engine', () => {
  const level = (request: Partial<LogLevelRequest>): Promise<LogLevelResponse> =>
    new Promise((resolve, reject) =>
      engine.admin.logLevel({ level: '', forMs: 0, ...request }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      ),
    );

  it('tells of every call with caller, code and time once its level is debug, and of no key', async () => {
    const lines = hearLog();
    const key = generateKey();
    const connection = await admitted('cli-1', key, '# role: cli');
    await connection.call('status', {});
    expect(lines.filter((line) => line.startsWith('<7>'))).toEqual([]);
    expect(await level({ level: 'debug', forMs: 600_000 })).toEqual({
      ...{ level: 'debug', configured: 'info', backInMs: 600_000 },
    });
    await connection.call('status', {});
    await until(() =>
      lines.some((line) =>
        /^<7>call.served cli-1: OperatorService\/status ended with OK after [\d.]+ ms$/i.test(line),
      ),
    );
    await until(() =>
      lines.some((line) => /^<7>call.served: AdminService\/logLevel by the admin socket/i.test(line)),
    );
    expect(lines.join('\n')).not.toContain(key.publicKey.text);
    expect(await level({ level: 'info' satisfies Level })).toMatchObject({ level: 'info', backInMs: 0 });
    const before = lines.length;
    await connection.call('status', {});
    expect(lines.slice(before)).toEqual([]);
    await expect(level({ level: 'chatty' })).rejects.toMatchObject({
      details: expect.stringContaining('no such level') as string,
    });
  });
});
