import { tunnelAddress } from '#crypto';
import type { ActualPeer } from '#wireguard';
import { sampleKey, samplePublicKey } from '../../wireguard/src/testing/sample-device.js';
import { clientDevice, shouldSetEndpoint } from './client-device.js';

const privateKey = sampleKey(1);
const engineKey = samplePublicKey(1);
const MINUTE = 60_000;
const peer = (changes: Partial<ActualPeer> = {}): ActualPeer => ({
  publicKey: engineKey,
  allowedIps: [],
  receivedBytes: 0,
  sentBytes: 0,
  endpoint: '192.0.2.1:51821',
  ...changes,
});

describe("a client's interface", () => {
  it('has the engine as only peer and only destination', () => {
    expect(clientDevice({ privateKey, engineKey, endpoint: '192.0.2.1:51821', mtu: 1400 })).toEqual({
      name: 'wg-control',
      privateKey,
      addresses: [`${tunnelAddress(privateKey.publicKey)}/32`],
      mtu: 1400,
      peers: [
        {
          publicKey: engineKey,
          endpoint: '192.0.2.1:51821',
          allowedIps: ['10.200.0.1/32'],
          persistentKeepalive: 25,
        },
      ],
      routes: [{ destination: '10.200.0.1/32' }],
    });
  });

  it('leaves the endpoint alone when none is named', () => {
    expect(clientDevice({ privateKey, engineKey, mtu: 1400 }).peers[0]).not.toHaveProperty('endpoint');
  });
});

describe("the engine's endpoint", () => {
  const given = '192.0.2.1:51821';

  it.each([
    ['the engine is no peer yet', { settled: undefined, peer: undefined }],
    [
      'the peer has none',
      { settled: given, peer: { ...peer(), endpoint: undefined } as unknown as ActualPeer },
    ],
    ['another one was given before', { settled: '192.0.2.9:51821', peer: peer() }],
    ['there never was a handshake', { settled: given, peer: peer(), age: undefined }],
    ['the session is dead', { settled: given, peer: peer(), age: 181_000 }],
  ])('is set when %s', (_, history) => {
    expect(shouldSetEndpoint({ given, age: MINUTE, ...history })).toBe(true);
  });

  it.each([
    ['this run', given],
    ['an earlier run', undefined],
  ])('of a live session is left where WireGuard found it, since %s set it', (_, settled) => {
    const roamed = peer({ endpoint: '198.51.100.1:4711' });
    expect(shouldSetEndpoint({ given, settled, peer: roamed, age: MINUTE })).toBe(false);
  });
});
