import { Subject } from 'rxjs';
import type { DataPlane, LinkState } from '#dataplane';
import { PublicKey } from '#crypto';
import { hearLog, leaveLog } from '../../../../libs/log/src/testing/hear-log.js';
import { described, sent } from '../testing/sample-network.js';
import { growthOf, LinkObserver, observed } from './link-observer.js';
import type { NetworkFollower } from './network-follower.js';

const peers = [...described([sent(1), sent(2)]).peers.values()];

function state(number: number, changes: Partial<LinkState> = {}): LinkState {
  return {
    publicKey: PublicKey.parse(sent(number).publicKey),
    receivedBytes: 10,
    sentBytes: 20,
    handshakeAgeMs: Infinity,
    ...changes,
  };
}

describe('the links of a host', () => {
  it('are one for every peer, whether or not WireGuard has it, and none for anybody else', () => {
    const links = observed(peers, [state(3), state(2, { endpoint: '192.0.2.2:51820' })], new Map());
    expect(links).toMatchObject([
      { name: 'worker-1', subnet: '10.201.1.0/24', up: false, endpoint: '', latestHandshakeMs: 0 },
      { name: 'worker-2', endpoint: '192.0.2.2:51820', receivedBytes: 10, sentBytes: 20 },
    ]);
  });

  it.each([
    ['just now', 0, true],
    ['almost three minutes ago', 179_000, true],
    ['three minutes ago', 180_000, false],
    ['never', Infinity, false],
  ])('are up by their last handshake: %s', (_, age, up) => {
    const [link] = observed(peers, [state(1, { handshakeAgeMs: age })], new Map());
    expect(link!.up).toBe(up);
  });

  it('know how old their handshake is by the steady clock, and grow older between two looks', () => {
    const at = (handshakeAgeMs: number) =>
      observed(peers, [state(1, { handshakeAgeMs })], new Map(), 5_000)[0]!.handshakeAgeMs;
    expect([at(7_000), at(Infinity)]).toEqual([12_000, undefined]);
  });

  it('have a round trip only while they are up', () => {
    const times = new Map([[sent(1).publicKey, 900]]);
    const at = (age: number) => observed(peers, [state(1, { handshakeAgeMs: age })], times)[0]!.roundTripUs;
    expect([at(0), at(300_000)]).toEqual([900, 0]);
  });
});

describe('what links have carried between two looks', () => {
  it('is the growth of both counters; one that went back has carried nothing', () => {
    const before = [state(1), state(2, { receivedBytes: 100 })];
    const now = [state(1, { receivedBytes: 15, sentBytes: 26 }), state(2, { receivedBytes: 1 }), state(3)];
    expect([...growthOf(before, now).values()]).toEqual([11, 0, 30]);
  });
});

describe('an observer that cannot look', () => {
  afterEach(leaveLog);

  it('says so once for each reason within a minute, not at every look', async () => {
    const logged = hearLog();
    let why: string | undefined = 'no wg';
    const links = () => (why === undefined ? Promise.resolve([]) : Promise.reject(new Error(why)));
    const follower = { changes: new Subject<void>(), view: {} } as unknown as NetworkFollower;
    const observer = new LinkObserver(
      { links } as unknown as DataPlane,
      () => Promise.reject(new Error()),
      follower,
    );
    for (const next of ['no wg', 'no wg', 'no ip', undefined, 'no ip']) {
      why = next;
      await observer.look();
    }
    expect(logged).toEqual(
      ['no wg', 'no ip'].map((said) => `<4>links.unreadable: the links cannot be looked at: ${said}`),
    );
  });
});
