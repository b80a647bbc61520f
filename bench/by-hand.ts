/**
 * What somebody sets up who has no Banyan: WireGuard, a bridge and a container on each of two hosts. What throughput
 * is compared with.
 */
import { generateKey } from '#crypto/generate';
import type { Container } from '../test/dataplane/container.js';
import type { Host } from '../test/lab/index.js';

const PORT = 51_820;

export interface ByHand {
  /** Bytes, of everything. */
  readonly mtu: number;
  /**
   * Whether containers reach what is beyond the network, as ours do. The kernel then tracks every connection, which
   * costs each packet.
   */
  readonly masquerade: boolean;
}

/** @returns a container on each host, in their order. */
export async function connectByHand(
  hosts: readonly [Host, Host],
  { mtu, masquerade }: ByHand,
): Promise<[Container, Container]> {
  const keys = [generateKey(), generateKey()] as const;
  const subnet = (number: number) => `10.201.${number}`;
  const setUp = async (number: 0 | 1): Promise<Container> => {
    const [host, other] = number === 0 ? hosts : ([hosts[1], hosts[0]] as const);
    const [own, theirs] = number === 0 ? keys : ([keys[1], keys[0]] as const);
    const ip = (words: string) => host.output(['ip', ...words.split(' ')]);
    await host.output(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    // The kernel's own where there is one, as the data plane does.
    const inKernel = await host.run(['ip', 'link', 'add', 'wg0', 'type', 'wireguard']);
    // In a session of its own, as a service is: a busy scheduler shares between sessions.
    if (inKernel.exitCode !== 0) await host.output(['setsid', '--wait', 'wireguard-go', 'wg0']);
    await host.writeFile('/run/wg0.key', own.reveal());
    const peer = ['peer', theirs.publicKey.text, 'endpoint', `${other.address}:${PORT}`];
    const allowed = ['allowed-ips', `${subnet(1 - number)}.0/24`];
    const listen = ['wg', 'set', 'wg0', 'listen-port', String(PORT), 'private-key', '/run/wg0.key'];
    await host.output([...listen, ...peer, ...allowed]);
    await ip(`link set wg0 mtu ${mtu} up`);
    await ip(`route add ${subnet(1 - number)}.0/24 dev wg0`);
    await ip('link add br0 type bridge');
    await ip(`address add ${subnet(number)}.1/24 dev br0`);
    await ip(`link set br0 mtu ${mtu} up`);
    if (masquerade) await host.output(['nft', '-f', '-'], { input: masquerading(subnet(number)) });
    await ip('netns add c1');
    await ip(`link add veth1 mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns c1`);
    await ip('link set veth1 master br0 up');
    await ip(`-n c1 address add ${subnet(number)}.2/24 dev eth0`);
    await ip('-n c1 link set eth0 up');
    await ip(`-n c1 route add default via ${subnet(number)}.1`);
    const inside = host.through(`${host.name} c1`, ['ip', 'netns', 'exec', 'c1']);
    return { address: `${subnet(number)}.2`, inside };
  };
  return [await setUp(0), await setUp(1)];
}

function masquerading(subnet: string): string {
  return `
    table ip by_hand {
      chain out {
        type nat hook postrouting priority srcnat;
        oifname "eth0" ip saddr ${subnet}.0/24 masquerade;
      }
    }`;
}
