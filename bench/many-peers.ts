/**
 * Builds and changes the container network of whatever host it is started on, with as many peers as its first
 * argument says, all at the address that is its second, and prints the milliseconds each took, as JSON: entering a host is not part of what is timed.
 */
import { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { systemDataPlane, type DesiredDataPlane } from '#dataplane';
import { run } from '#host';
import { Subnet, type NetworkPeer } from '#network';
import { ROUNDS } from './rounds.js';

/** What is measured, in milliseconds, a value a round. */
export interface Times {
  readonly fromNothing: number[];
  /** With nothing to change. */
  readonly look: number[];
  readonly oneMore: number[];
  readonly oneLess: number[];
}

const VPC = Subnet.parse('10.192.0.0/10');
const count = Number(process.argv[2]);
const host = process.argv[3] ?? '';
const plane = systemDataPlane({
  run,
  stateDir: '/var/lib/banyan-bench',
  log: { say: (_, message) => void process.stderr.write(`${message}\n`) },
});
const privateKey = generateKey();
const peers = Array.from({ length: count + 1 }, (_, number) => peer(number));

/** Keys without the cost of making key pairs: nearly every 32 bytes are a public key. */
function peer(number: number): NetworkPeer {
  const bytes = Buffer.alloc(32, 9);
  bytes.writeUInt32BE(number);
  return {
    name: `worker-${number}`,
    publicKey: PublicKey.fromBytes(bytes),
    subnet: VPC.part(number + 1, 24),
    host,
    atEngine: false,
    port: 51_820,
    endpointRevision: 1,
  };
}

async function reached(number: number, changes?: number): Promise<number> {
  const desired: DesiredDataPlane = {
    network: {
      storeId: 'bench',
      revision: 1,
      vpcCidr: VPC,
      subnet: VPC.part(0, 24),
      peers: peers.slice(0, number),
    },
    privateKey,
    listenPort: 51_820,
    mtu: 1420,
    hostAccess: false,
  };
  const started = performance.now();
  const made = await plane.apply(desired);
  const took = performance.now() - started;
  if (changes !== undefined && made.length !== changes)
    throw new Error(`not ${changes}: ${JSON.stringify(made)}`);
  return took;
}

const times: Times = { fromNothing: [], look: [], oneMore: [], oneLess: [] };
// Once for the code that is loaded and compiled for the first time.
await reached(1);
await plane.down();
for (let round = 0; round < ROUNDS; round += 1) {
  times.fromNothing.push(await reached(count));
  times.look.push(await reached(count, 0));
  // A peer and its route.
  times.oneMore.push(await reached(count + 1, 2));
  times.oneLess.push(await reached(count, 2));
  await plane.down();
}
console.log(JSON.stringify(times));
