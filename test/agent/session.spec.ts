import { credentials, Channel, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { EngineConnection } from '#channel';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import {
  EngineServiceService,
  RegisterResponse,
  type RegisterRequest,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { openSession, type Session } from '../../apps/agent/src/session.js';
import { until } from '../lab/until.js';

type Call = ServerDuplexStream<SyncRequest, SyncResponse>;

let server: Server;
let connection: EngineConnection;
let calls: Call[];
let registered: RegisterRequest;
let first: SyncResponse['message'];

beforeEach(async () => {
  calls = [];
  first = { $case: 'welcome', value: { name: 'worker-1', engineVersion: 'test' } };
  server = new Server();
  server.addService(EngineServiceService, {
    register: (
      { request }: { request: RegisterRequest },
      answer: (error: null, response: RegisterResponse) => void,
    ) => {
      registered = request;
      answer(null, RegisterResponse.fromPartial({ name: 'worker-1' }));
    },
    sync: (call: Call) => {
      calls.push(call);
      call.on('error', () => undefined);
      if (first) call.write({ message: first });
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const key = generateKey().publicKey;
  connection = new EngineConnection(
    {
      channel: 'loopback',
      address: '127.0.0.1',
      engineKey: key,
      engineKeyConfirmed: true,
      tunnel: { up: false, detail: '' },
    },
    key,
    new Channel(`127.0.0.1:${port}`, credentials.createInsecure(), {}),
    `127.0.0.1:${port}`,
  );
});

afterEach(() => {
  connection.close();
  server.forceShutdown();
});

function open(patienceMs?: number): Promise<Session> {
  const host = { hostRoutes: ['172.16.0.0/12'], subnet: '10.201.7.0/24' };
  return openSession(connection, { wgPort: 4711, hostIp: '192.0.2.7' }, host, patienceMs);
}

describe('the session of an agent', () => {
  it('tells the engine where others reach this host, what it routes itself, and which subnet it had', async () => {
    (await open()).close();
    expect(registered).toMatchObject({
      wgPort: 4711,
      hostIp: '192.0.2.7',
      hostRoutes: ['172.16.0.0/12'],
      subnet: '10.201.7.0/24',
    });
  });

  it('ends with the reason when what the engine says cannot be followed, and the agent lives on', async () => {
    const session = await open();
    session.read(() => {
      throw new BanyanError('invalid', 'not to be followed');
    });
    const cancelled = new Promise((resolve) => calls[0]!.once('cancelled', resolve));
    calls[0]!.write({ message: { $case: 'linkReportRequest', value: { most: 0 } } });
    expect((await session.ended).message).toBe('not to be followed');
    // An error that nobody hears ends the process, and fails the test.
    session.close();
    await cancelled;
  });

  it('leaves no stream open to an engine that does not welcome it', async () => {
    first = undefined;
    const opened = async () => {
      await expect(open(300)).rejects.toMatchObject({ kind: 'unavailable' });
      return calls[0];
    };
    // Where the machine is busy, its patience may be over before it has come as far as to a stream.
    const call = await until(opened, { what: 'a stream was open' });
    await until(() => call.cancelled, { what: 'it is open no more' });
  });
});
