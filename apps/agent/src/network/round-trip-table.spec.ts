import { BanyanError } from '#errors';
import type { Run } from '#host';
import type { Network } from '#network';
import { generateKey } from '#crypto/generate';
import { Subnet } from '#network';
import { RoundTripTable } from './round-trip-table.js';

const VPC = Subnet.parse('10.201.0.0/16');
const network: Network = {
  storeId: 's',
  revision: 1,
  vpcCidr: VPC,
  subnet: VPC.part(0, 24),
  peers: Array.from({ length: 20 }, (_, n) => ({
    name: `worker-${n}`,
    publicKey: generateKey().publicKey,
    subnet: VPC.part(n + 1, 24),
    atEngine: false,
    port: 51_820,
    endpointRevision: 1,
  })),
};
const answer = 'rtt min/avg/max/mdev = 0.400/0.400/0.400/0.000 ms\n';

describe('the table of round trips', () => {
  let asked: string[];
  const log: string[] = [];
  const tableOf = (run: Run) => new RoundTripTable(run, { say: (_, message) => log.push(message) });
  const ping: Run = (_, args) => {
    asked.push(args.at(-1)!);
    return Promise.resolve({ exitCode: 0, stdout: answer, stderr: '' });
  };
  beforeEach(() => {
    asked = [];
    log.length = 0;
  });

  it('comes round to everybody, sixteen at a time, and keeps what it knows meanwhile', async () => {
    const table = tableOf(ping);
    await table.ask(network, () => true);
    expect(asked).toHaveLength(16);
    await table.ask(network, () => true);
    expect(new Set(asked)).toEqual(new Set(network.peers.map(({ subnet }) => subnet.address(1))));
    expect(table.times.size).toBe(20);
    expect(new Set(table.times.values())).toEqual(new Set([400]));
  });

  it('asks and keeps nobody to whom there is no link', async () => {
    const table = tableOf(ping);
    const [first] = network.peers;
    await table.ask(network, () => true);
    await table.ask(network, (key) => key === first!.publicKey.text);
    expect([...table.times.keys()]).toEqual([first!.publicKey.text]);
    asked = [];
    await table.ask(network, () => false);
    expect([asked, table.times.size]).toEqual([[], 0]);
  });

  it('asks one host now, whoever else is being asked', async () => {
    const table = tableOf(ping);
    const peer = network.peers[3]!;
    expect(await table.measure(network, peer)).toBe(400);
    expect(asked).toEqual([peer.subnet.address(1)]);
    expect(table.times.get(peer.publicKey.text)).toBe(400);
    const silent = tableOf(() => Promise.resolve({ exitCode: 1, stdout: '', stderr: '' }));
    expect(await silent.measure(network, peer)).toBe(0);
  });

  it('asks a host once for all who want to know it now, and few hosts at a time', async () => {
    const running: (() => void)[] = [];
    const table = tableOf(async (_, args) => {
      await new Promise<void>((resolve) => running.push(resolve));
      return ping('ping', args);
    });
    const peers = network.peers.slice(0, 6);
    const all = [...peers, ...peers].map((peer) => table.measure(network, peer));
    expect(await Promise.all(all.slice(4, 6))).toEqual([0, 0]);
    expect(running).toHaveLength(4);
    for (const end of running) end();
    expect(await Promise.all(all)).toEqual([400, 400, 400, 400, 0, 0, 400, 400, 400, 400, 0, 0]);
    expect(asked).toHaveLength(4);
  });

  it('rests where ping could not be run, says so once, and tries again after a minute', async () => {
    let now = 0;
    let isBroken = true;
    const run: Run = (...given) => {
      if (!isBroken) return ping(...given);
      asked.push('in vain');
      return Promise.reject(new BanyanError('host', '`ping` is not installed'));
    };
    const table = new RoundTripTable(run, { say: (_, message) => log.push(message) }, () => now);
    await table.ask(network, () => true);
    const before = asked.length;
    now = 59_000;
    await table.ask(network, () => true);
    expect(asked).toHaveLength(before);
    now = 61_000;
    await table.ask(network, () => true);
    expect(asked.length).toBeGreaterThan(before);
    expect(log).toEqual(['round trips are not measured: `ping` is not installed']);
    isBroken = false;
    now = 122_000;
    await table.ask(network, () => true);
    expect(table.times.size).toBe(16);
  });
});
