import { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { plan, systemDevices, type DesiredDevice, type DesiredPeer, type WireguardDevices } from '#wireguard';
import { Lab } from '../lab/index.js';
import { runOn } from './run-on.js';

const NAME = 'banyan-wg';
const key = generateKey();

/** Distinct keys without the cost of making key pairs: nearly every 32 bytes are a public key. */
function peer(number: number): DesiredPeer {
  const bytes = Buffer.alloc(32, 9);
  bytes.writeUInt32BE(number);
  const publicKey = PublicKey.fromBytes(bytes);
  return { publicKey, endpoint: '192.0.2.250:51820', allowedIps: [`10.${number >> 8}.${number & 255}.0/24`] };
}

function desired(count: number): DesiredDevice {
  const peers = Array.from({ length: count }, (_, number) => peer(number));
  const routes = peers.map(({ allowedIps: [destination] }) => ({ destination: destination! }));
  return {
    name: NAME,
    privateKey: key,
    listenPort: 51_820,
    addresses: ['172.16.0.1/32'],
    mtu: 1420,
    peers,
    routes,
  };
}

describe('an interface with many peers', () => {
  let lab: Lab;
  let devices: WireguardDevices;

  beforeAll(async () => {
    lab = await Lab.create('many-peers');
    devices = systemDevices({ run: runOn(await lab.host('alpha')) });
  });
  afterEach(() => devices.remove(NAME));
  afterAll(() => lab?.destroy());

  /** @returns how many changes that took. */
  async function reach(device: DesiredDevice): Promise<number> {
    const changes = plan(device, await devices.get(NAME));
    await devices.apply(device, changes);
    return changes.length;
  }

  // How long that takes is measured in bench/dataplane.ts.
  it('sets up 1,000 from nothing, and changes one of them', async () => {
    const all = desired(1_000);
    await reach(all);
    expect(plan(all, await devices.get(NAME))).toEqual([]);
    for (let round = 1; round <= 3; round += 1) {
      const peers = all.peers.with(500, { ...all.peers[500]!, persistentKeepalive: round });
      expect(await reach({ ...all, peers })).toBe(1);
    }
  });

  it('takes 10,000 at once, and lets them go again', async () => {
    const all = desired(10_000);
    await reach(all);
    expect(plan(all, await devices.get(NAME))).toEqual([]);
    await reach({ ...all, peers: [], routes: [] });
    expect(await devices.get(NAME)).toMatchObject({ peers: [], routes: [] });
  });
});
