import type { ActualDevice, ActualPeer, DesiredPeer } from './device.js';
import { plan } from './plan.js';
import { sampleDevice, sampleKey, samplePublicKey } from './testing/sample-device.js';

const [one, two] = [samplePublicKey(1), samplePublicKey(2)];
const idle = { receivedBytes: 0, sentBytes: 0 };

function actual(changes: Partial<ActualDevice> = {}): ActualDevice {
  return {
    name: 'wg-control',
    implementation: 'kernel',
    publicKey: sampleKey(1).publicKey,
    listenPort: 51_821,
    up: true,
    addresses: ['10.200.0.1/32'],
    mtu: 1420,
    peers: [],
    routes: [],
    ...changes,
  };
}

function planPeer(desired: Partial<DesiredPeer>, before: Partial<ActualPeer>) {
  return plan(
    sampleDevice({ peers: [{ publicKey: one, allowedIps: [], ...desired }] }),
    actual({ peers: [{ publicKey: one, allowedIps: [], ...idle, ...before }] }),
  );
}

describe('a plan', () => {
  it('makes an interface from nothing, its routes after it is up', () => {
    const desired = sampleDevice({
      peers: [{ publicKey: one, allowedIps: ['10.200.1.1'] }],
      routes: [{ destination: '10.200.1.1' }],
    });
    expect(plan(desired, undefined).map(({ kind }) => kind)).toEqual([
      'create',
      'set-key',
      'set-listen-port',
      'set-mtu',
      'add-address',
      'add-peer',
      'set-up',
      'add-route',
    ]);
  });

  it('is empty when nothing differs', () => {
    expect(plan(sampleDevice(), actual())).toEqual([]);
  });

  it('gives a person the reason of every change', () => {
    const desired = sampleDevice({ mtu: 1380, addresses: ['10.200.0.2'] });
    expect(plan(desired, actual({ publicKey: sampleKey(2).publicKey, listenPort: 7, up: false }))).toEqual([
      {
        kind: 'set-key',
        reason: `the interface has the key ${sampleKey(2).publicKey.text}, not ${sampleKey(1).publicKey.text}`,
      },
      { kind: 'set-listen-port', port: 51_821, reason: 'the interface listens on UDP port 7' },
      { kind: 'set-mtu', mtu: 1380, reason: 'the MTU is 1420' },
      { kind: 'add-address', address: '10.200.0.2/32', reason: 'the interface lacks it' },
      { kind: 'remove-address', address: '10.200.0.1/32', reason: 'it is not one of this interface' },
      { kind: 'set-up', reason: 'the interface is down' },
    ]);
  });

  it('never holds the private key', () => {
    const text = JSON.stringify([
      plan(sampleDevice(), undefined),
      plan(sampleDevice(), actual({ publicKey: one })),
    ]);
    expect(text).not.toContain(sampleKey(1).reveal());
  });

  it('leaves a listen port alone that is not named', () => {
    const { listenPort: _, ...anyPort } = sampleDevice();
    expect(plan(anyPort, actual({ listenPort: 4711 }))).toEqual([]);
  });

  it('leaves an endpoint alone that is not named', () => {
    expect(planPeer({}, { endpoint: '192.0.2.1:9' })).toEqual([]);
  });

  it('sets an endpoint that is named and differs', () => {
    expect(planPeer({ endpoint: '192.0.2.2:9' }, { endpoint: '192.0.2.1:9' })).toEqual([
      {
        kind: 'update-peer',
        peer: { publicKey: one, allowedIps: [], endpoint: '192.0.2.2:9' },
        reason: 'its endpoint is 192.0.2.1:9, not 192.0.2.2:9',
      },
    ]);
  });

  it('does not set again an endpoint that is right, when something else of the peer changes', () => {
    const changes = planPeer(
      { endpoint: '192.0.2.1:9', persistentKeepalive: 25 },
      { endpoint: '192.0.2.1:9' },
    );
    expect(changes).toEqual([
      {
        kind: 'update-peer',
        peer: { publicKey: one, allowedIps: [], persistentKeepalive: 25 },
        reason: 'its keepalive is off, not 25 s',
      },
    ]);
  });

  it('compares allowed IPs as sets of networks', () => {
    expect(
      planPeer(
        { allowedIps: ['10.1.0.9/24', '10.2.0.0/24'] },
        { allowedIps: ['10.2.0.0/24', '10.1.0.0/24'] },
      ),
    ).toEqual([]);
    expect(planPeer({ allowedIps: ['10.1.0.0/24'] }, { allowedIps: ['10.2.0.0/24'] })).toMatchObject([
      { reason: 'it lacks the allowed IPs 10.1.0.0/24; it should not have the allowed IPs 10.2.0.0/24' },
    ]);
  });

  it('removes a peer before another takes over its allowed IPs', () => {
    const desired = sampleDevice({ peers: [{ publicKey: two, allowedIps: ['10.200.1.1'] }] });
    const before = actual({ peers: [{ publicKey: one, allowedIps: ['10.200.1.1/32'], ...idle }] });
    expect(plan(desired, before).map(({ kind }) => kind)).toEqual(['remove-peer', 'add-peer']);
  });

  it('replaces a route whose source differs', () => {
    const desired = sampleDevice({ routes: [{ destination: '10.201.0.0/24', source: '10.201.9.1' }] });
    const before = actual({ routes: [{ destination: '10.201.0.0/24' }] });
    expect(plan(desired, before).map(({ kind }) => kind)).toEqual(['remove-route', 'add-route']);
  });

  it('adds all routes again to an interface that was down, which lost them', () => {
    const routes = [{ destination: '10.201.0.0/24' }];
    expect(plan(sampleDevice({ routes }), actual({ routes, up: false })).map(({ kind }) => kind)).toEqual([
      'set-up',
      'add-route',
    ]);
  });

  it('adds a route again that goes with its source address', () => {
    const routes = [{ destination: '10.201.0.0/24', source: '10.200.0.9' }];
    const before = actual({ addresses: ['10.200.0.1/32', '10.200.0.9/32'], routes });
    expect(plan(sampleDevice({ routes }), before).map(({ kind }) => kind)).toEqual([
      'remove-address',
      'remove-route',
      'add-route',
    ]);
  });
});
