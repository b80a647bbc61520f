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

  /** @returns milliseconds to look, plan and apply, and how many changes that took. */
  async function reach(device: DesiredDevice): Promise<{ milliseconds: number; changes: number }> {
    const start = performance.now();
    const changes = plan(device, await devices.get(NAME));
    await devices.apply(device, changes);
    return { milliseconds: performance.now() - start, changes: changes.length };
  }

  // The bounds are those promised for a quiet machine, with room for a busy one.
  it('sets up 1,000 from nothing, and changes one of them, without keeping anybody waiting', async () => {
    const all = desired(1_000);
    expect((await reach(all)).milliseconds).toBeLessThan(6_000);
    expect(plan(all, await devices.get(NAME))).toEqual([]);
    const times: number[] = [];
    for (let round = 1; round <= 9; round += 1) {
      const peers = all.peers.with(500, { ...all.peers[500]!, persistentKeepalive: round });
      const { milliseconds, changes } = await reach({ ...all, peers });
      expect(changes).toBe(1);
      times.push(milliseconds);
    }
    expect(times.sort((a, b) => a - b)[4]).toBeLessThan(300);
  });

  it('takes 10,000 at once, and lets them go again', async () => {
    const all = desired(10_000);
    await reach(all);
    expect(plan(all, await devices.get(NAME))).toEqual([]);
    await reach({ ...all, peers: [], routes: [] });
    expect(await devices.get(NAME)).toMatchObject({ peers: [], routes: [] });
  }, 120_000);
});
