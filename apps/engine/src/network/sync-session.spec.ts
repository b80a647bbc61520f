import { generateKey } from '#crypto/generate';
import type { SyncRequest, SyncResponse } from '#protocol';
import { Subnet } from '#network';
import type { Agent } from '../registry/agent.js';
import type { Leases } from './leases.js';
import { NetworkService } from './network.service.js';
import { SyncSession } from './sync-session.js';

const ping: SyncResponse = { message: { $case: 'ping', value: { id: 7, publicKey: '' } } };
const pong: SyncRequest = { message: { $case: 'pong', value: { id: 7, link: undefined } } };

describe('the session of an agent, as its engine has it', () => {
  let network: NetworkService;
  const agent = { id: 'a', publicKey: generateKey().publicKey } as Agent;
  const open = () =>
    new SyncSession(network, agent, { close: () => undefined }, { full: false, write: () => undefined });

  beforeEach(() => {
    const leases = { of: () => undefined, vpcCidr: Subnet.parse('10.201.0.0/16') } as unknown as Leases;
    const nothing = {} as never;
    network = new NetworkService(nothing, nothing, leases, nothing, nothing, nothing);
  });

  it('is owed the answers that were asked for in it, whatever becomes of one before', () => {
    const [older, newer] = [open(), open()];
    network.tell('a', ping);
    older.close();
    expect(newer.isAnswer(pong)).toBe(true);
    expect(newer.isAnswer(pong)).toBe(false);
  });

  it('is owed nothing that was asked in another', () => {
    const older = open();
    network.tell('a', ping);
    const newer = open();
    expect(newer.isAnswer(pong)).toBe(false);
    expect(older.isAnswer(pong)).toBe(true);
  });
});
