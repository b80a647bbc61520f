import fc from 'fast-check';
import type { DesiredDevice, DesiredPeer, Route } from './device.js';
import { plan } from './plan.js';
import { MemoryDevices } from './testing/memory-devices.js';
import { sampleDevice, sampleKey, samplePublicKey } from './testing/sample-device.js';

const NAME = 'wg-control';
const networks = fc.nat(7).map((third) => `10.201.${third}.${third}/24`);
const addresses = fc.nat(5).map((last) => `10.200.0.${last}/32`);
const routes: fc.Arbitrary<Route> = fc.record(
  { destination: networks, source: addresses.map((address) => address.slice(0, -3)) },
  { requiredKeys: ['destination'] },
);
/** Peers out of eight keys that share out eight networks, so that plans meet the same ones again. */
const peers: fc.Arbitrary<DesiredPeer[]> = fc
  .tuple(
    fc.array(
      fc.record(
        {
          publicKey: fc.nat(7).map(samplePublicKey),
          endpoint: fc.integer({ min: 1, max: 3 }).map((port) => `192.0.2.1:${port}`),
          persistentKeepalive: fc.constantFrom(0, 25),
        },
        { requiredKeys: ['publicKey'] },
      ),
    ),
    fc.uniqueArray(networks),
    fc.infiniteStream(fc.nat()),
  )
  .map(([some, shared, random]) => {
    const distinct = [...new Map(some.map((peer) => [peer.publicKey.text, peer])).values()];
    const allowedIps = distinct.map((): string[] => []);
    for (const network of shared)
      allowedIps[(random.next().value as number) % (distinct.length || 1)]?.push(network);
    return distinct.map((peer, index) => ({ ...peer, allowedIps: allowedIps[index]! }));
  });
const devices: fc.Arbitrary<DesiredDevice> = fc
  .record(
    {
      privateKey: fc.constantFrom(sampleKey(1), sampleKey(2)),
      listenPort: fc.integer({ min: 1, max: 3 }),
      addresses: fc.array(addresses),
      mtu: fc.constantFrom(1280, 1420),
      peers,
      routes: fc.uniqueArray(routes, { selector: ({ destination }) => destination }),
    },
    { requiredKeys: ['privateKey', 'addresses', 'mtu', 'peers', 'routes'] },
  )
  .map((device) => ({
    ...sampleDevice(device),
    ...('listenPort' in device ? {} : { listenPort: undefined }),
  }));

async function reach(memory: MemoryDevices, desired: DesiredDevice): Promise<void> {
  await memory.apply(desired, plan(desired, await memory.get(NAME)));
}

describe('planning and applying, for any devices', () => {
  it('comes to rest after one pass, from nothing and from any other device', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(devices, { minLength: 1, maxLength: 4 }), async (path) => {
        const memory = new MemoryDevices();
        for (const desired of path) {
          await reach(memory, desired);
          expect(plan(desired, await memory.get(NAME))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('ends with the same device whatever it was before, but for what it is told to leave alone', async () => {
    await fc.assert(
      fc.asyncProperty(devices, devices, async (before, after) => {
        const [straight, around] = [new MemoryDevices(), new MemoryDevices()];
        await reach(straight, after);
        await reach(around, before);
        await reach(around, after);
        const shape = async (memory: MemoryDevices) => {
          const { publicKey, addresses, mtu, up, peers, routes } = (await memory.get(NAME))!;
          const allowed = peers.map((peer) => [
            peer.publicKey.text,
            ...[...peer.allowedIps].sort(),
            peer.persistentKeepalive,
          ]);
          return [
            publicKey!.text,
            [...addresses].sort(),
            mtu,
            up,
            allowed.sort(),
            routes.map((r) => JSON.stringify(r)).sort(),
          ];
        };
        expect(await shape(around)).toEqual(await shape(straight));
      }),
    );
  });

  it('never touches a peer that is the same before and after', async () => {
    await fc.assert(
      fc.asyncProperty(devices, devices, async (before, after) => {
        const memory = new MemoryDevices();
        const kept: DesiredPeer = { publicKey: samplePublicKey(99), allowedIps: ['10.99.0.0/24'] };
        await reach(memory, { ...before, peers: [...before.peers, kept] });
        memory.hear(NAME, kept.publicKey, { latestHandshakeMs: 1, endpoint: '192.0.2.99:99' });
        const changes = plan({ ...after, peers: [kept, ...after.peers] }, await memory.get(NAME));
        const touched = changes.flatMap((change) =>
          change.kind === 'remove-peer'
            ? [change.publicKey]
            : 'peer' in change
              ? [change.peer.publicKey]
              : [],
        );
        expect(touched.map(String)).not.toContain(kept.publicKey.text);
      }),
    );
  });
});
