import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { newKey } from '../../../../libs/whitelist/testing/keys.js';
import type { Connection } from '#channel';
import type { Locator } from '../network/locator.js';
import type { AgentRegistry } from '../registry/agent-registry.js';
import { Prober } from './prober.js';

const COOKIE = Buffer.alloc(16, 7);
/** Nobody looks at it here: the locator says where the caller is. */
const CONNECTION: Connection = { path: 'direct', remoteAddress: '127.0.0.1', remotePort: 1 };

describe('a probe', () => {
  let agent: Socket;
  const received: Buffer[] = [];
  beforeEach(async () => {
    received.length = 0;
    agent = createSocket('udp4', (message) => received.push(message));
    agent.bind(0, '127.0.0.1');
    await once(agent, 'listening');
  });
  afterEach(() => agent.close());

  /** @param hostIp where the agent says it is. */
  const prober = (options: { hostIp?: string; observed?: string | undefined; registered?: boolean } = {}) => {
    const { hostIp = '', registered = true } = options;
    const reported = { hostIp, wgPort: agent.address().port };
    const registry = { named: () => (registered ? { reported } : undefined) };
    const observed = 'observed' in options ? options.observed : '127.0.0.1';
    const locator = { observed: () => Promise.resolve(observed) };
    return new Prober(registry as unknown as AgentRegistry, locator as unknown as Locator);
  };
  const client = { name: 'worker-1', publicKey: newKey() };

  it('is three datagrams of the cookie, to where the engine sees the agent, whatever that says of itself', async () => {
    const answer = await prober({ hostIp: '192.0.2.7' }).probe(client, CONNECTION, COOKIE);
    expect(answer).toEqual({ address: '127.0.0.1', port: agent.address().port, sent: 3, unsent: '' });
    while (received.length < 3) await once(agent, 'message');
    expect(received).toEqual([COOKIE, COOKIE, COOKIE]);
  });

  it('sends nothing without a cookie, and takes none of another length', async () => {
    expect(await prober().probe(client, CONNECTION, Buffer.alloc(0))).toMatchObject({ sent: 0, unsent: '' });
    for (const length of [1, 15, 17, 1_400]) {
      const asked = prober().probe(client, CONNECTION, Buffer.alloc(length));
      await expect(asked).rejects.toMatchObject({ kind: 'invalid' });
    }
    expect(received).toEqual([]);
  });

  it('sends nothing to whom it does not know or see', async () => {
    const unknown = await prober({ registered: false }).probe(client, CONNECTION, COOKIE);
    expect(unknown).toMatchObject({ sent: 0, unsent: 'this agent is not registered' });
    const unseen = await prober({ observed: undefined }).probe(client, CONNECTION, COOKIE);
    expect(unseen).toMatchObject({ sent: 0, unsent: 'the engine does not know where this agent is' });
  });

  it('is refused to an agent that asks too often, and not to others', async () => {
    const engine = prober();
    for (let asked = 0; asked < 6; asked += 1) await engine.probe(client, CONNECTION, COOKIE);
    await expect(engine.probe(client, CONNECTION, COOKIE)).rejects.toMatchObject({ kind: 'exhausted' });
    expect(await engine.probe({ ...client, publicKey: newKey() }, CONNECTION, COOKIE)).toMatchObject({
      sent: 3,
    });
  });
});
