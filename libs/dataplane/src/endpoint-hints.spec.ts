import type { ActualPeer } from '#wireguard';
import { EndpointHints, hintOf } from './endpoint-hints.js';
import { sampleNetwork, samplePeer } from './testing/sample.js';

const MINUTE = 60_000;
const HINT = '192.0.2.2:51820';
const peer = samplePeer(2);

function actual(changes: Partial<ActualPeer> = {}): ActualPeer {
  return {
    publicKey: peer.publicKey,
    endpoint: '198.51.100.9:4500',
    allowedIps: [peer.subnet.text],
    receivedBytes: 0,
    sentBytes: 0,
    ...changes,
  };
}

describe('the hint where a peer is', () => {
  let hints: EndpointHints;
  beforeEach(() => (hints = new EndpointHints()));

  it('is followed for a new peer, and for one that WireGuard cannot place', () => {
    expect(hints.endpointFor(peer, HINT, undefined, MINUTE)).toBe(HINT);
    const { endpoint: _, ...nowhere } = actual();
    expect(hints.endpointFor(peer, HINT, nowhere, MINUTE)).toBe(HINT);
  });

  it('is not followed while the peer is heard from elsewhere', () => {
    expect(hints.endpointFor(peer, HINT, actual(), MINUTE)).toBeUndefined();
  });

  it.each([
    ['its last handshake is more than three minutes old', 180_001],
    ['there never was a handshake', undefined],
  ])('is followed when %s', (_, age) => {
    expect(hints.endpointFor(peer, HINT, actual(), age)).toBe(HINT);
  });

  it('is followed when its revision is news, once', () => {
    hints.settle([peer], () => HINT);
    const moved = { ...peer, endpointRevision: 2 };
    expect(hints.endpointFor(moved, HINT, actual(), MINUTE)).toBe(HINT);
    hints.settle([moved], () => HINT);
    expect(hints.endpointFor(moved, HINT, actual(), MINUTE)).toBeUndefined();
  });

  it('is no news after a restart, which knows of no earlier one', () => {
    expect(hints.endpointFor({ ...peer, endpointRevision: 9 }, HINT, actual(), MINUTE)).toBeUndefined();
  });

  it('stays no news over a time in which nobody knew it', () => {
    hints.settle([peer], () => HINT);
    hints.settle([peer], () => undefined);
    expect(hints.endpointFor(peer, undefined, actual(), MINUTE)).toBeUndefined();
    expect(hints.endpointFor(peer, HINT, actual(), MINUTE)).toBeUndefined();
  });
});

describe('where the engine says that a peer is', () => {
  const network = sampleNetwork();

  it.each([
    ['the address it was seen at', { host: '203.0.113.7', port: 4500 }, '203.0.113.7:4500'],
    ['that in brackets for IPv6', { host: '2001:DB8::7' }, '[2001:db8::7]:51820'],
    [
      'the address of the engine for one beside it',
      { atEngine: true, host: '127.0.0.1' },
      '203.0.113.1:51820',
    ],
    ['nowhere for a host name', { host: 'worker-2.example' }, undefined],
    ['nowhere for what is no address', { host: '203.0.113.7\nAllowedIPs = 0.0.0.0/0' }, undefined],
    ['nowhere inside the network itself', { host: '10.201.7.1' }, undefined],
  ])('is %s', (_, changes, endpoint) => {
    expect(hintOf(samplePeer(2, changes), network, '203.0.113.1')).toBe(endpoint);
  });

  it('is nowhere while that is unknown', () => {
    const { host: _, ...unseen } = samplePeer(2);
    expect(hintOf(unseen, network, '203.0.113.1')).toBeUndefined();
    expect(hintOf(samplePeer(2, { atEngine: true }), network, undefined)).toBeUndefined();
  });
});
