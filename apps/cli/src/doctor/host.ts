import { refuseForeignNetwork, type Surroundings } from '#tunnel';
import { BanyanError } from '#errors';
import { Subnet } from '#network';
import { fail, ok, warn, type Check, type Finding } from './check.js';
import type { AgentProbes, EngineProbes, HostProbes } from './probes.js';

/** What this host has to offer: programs, WireGuard, free addresses and ports. */

const PACKAGES: Readonly<Record<string, string>> = {
  wg: 'wireguard-tools',
  ip: 'iproute2',
  nft: 'nftables',
  sysctl: 'procps',
  ping: 'iputils-ping',
};

function missing(names: readonly string[], what: (said: string) => Finding): Finding {
  const packages = names.map((name) => PACKAGES[name]!);
  const found = what(`${names.map((name) => `\`${name}\``).join(', ')} not on PATH`);
  return { ...found, remedy: `sudo apt-get install ${packages.join(' ')}` };
}

function toolCheck(needed: readonly string[]): Check<HostProbes> {
  return {
    name: 'tools',
    about:
      'The programs that make interfaces, routes and firewall rules are on PATH. Without `wg`, `ip` or `nft` there is no tunnel; calls go on over TCP.',
    mend: '`sudo apt-get install wireguard-tools iproute2 nftables procps iputils-ping`',
    async run({ onPath, role, root }) {
      if (role === 'cli' && !root) return ok('only root has a tunnel, and needs them');
      const there = await Promise.all(needed.map((name) => onPath(name)));
      const absent = needed.filter((_, index) => !there[index]);
      if (absent.length === 0) return ok(`${needed.join(', ')} on PATH`);
      return missing(absent, role === 'cli' ? warn : fail);
    },
  };
}

export const tools = toolCheck(['wg', 'ip', 'nft']);
export const agentTools = toolCheck(['wg', 'ip', 'nft', 'sysctl', 'ping']);

export const wireguard: Check<HostProbes> = {
  name: 'wireguard',
  about: 'WireGuard is in the kernel, or there is a program for it, which is slower.',
  mend: '`sudo modprobe wireguard`, a kernel that has it, or `sudo apt-get install wireguard-go`',
  async run({ device, wireguard, role }) {
    const [control, network, found] = await Promise.all([
      device('wg-control').catch(() => undefined),
      device('banyan-wg').catch(() => undefined),
      wireguard(),
    ]);
    const used = [control, network].find((one) => one !== undefined)?.implementation;
    if (found === undefined && used === undefined) {
      const none = 'there is no WireGuard: neither in this kernel nor as a program';
      const remedy = 'sudo apt-get install wireguard-go';
      return role === 'cli' ? warn(none, remedy) : fail(none, remedy);
    }
    const kind = used ?? found?.kind;
    const version = kind === found?.kind ? `, ${found?.version}` : '';
    if (kind === 'kernel') return ok(`in the kernel${version}`);
    return ok(`a program, which is slower than the kernel's${version}`);
  },
};

export const addresses: Check<HostProbes & { readonly hostRoutes?: () => Promise<readonly string[]> }> = {
  name: 'addresses',
  about:
    'Nobody else uses 10.200.0.0/16, the network of the control tunnel, or a part of `vpc_cidr`, the network of the containers.',
  mend: '`ip route show table all` and `ip address` show whose it is; give that network other addresses, or the engine another `vpc_cidr`.',
  async run(probes) {
    try {
      refuseForeignNetwork(await probes.surroundings());
    } catch (error) {
      if (error instanceof BanyanError && error.kind === 'conflict')
        return fail(error.message, 'ip address; ip route show table all');
      throw error;
    }
    const vpc = await vpcOf(probes);
    const routes = (await probes.hostRoutes?.()) ?? (await routesOf(probes));
    const clash = vpc && routes.find((route) => vpc.contains(Subnet.parse(route)));
    if (clash !== undefined) return clashFinding(clash, vpc!, await probes.surroundings());
    return ok(`nobody else uses 10.200.0.0/16${vpc ? ` or ${vpc.text}` : ''}`);
  },
};

/** @param clash a part of the network of the containers that this host routes elsewhere. */
function clashFinding(clash: string, vpc: Subnet, { routes, links }: Surroundings): Finding {
  const found = `which is a part of ${vpc.text}, the network of the containers`;
  const device = routes.find(
    ({ destination, device }) => destination === clash && !OURS.includes(device),
  )?.device;
  const link = links.find(({ name }) => name === device);
  // To delete the route would cut this host off from its own network.
  if (link?.addresses.some((address) => Subnet.parse(clash).contains(Subnet.parse(`${address}/32`))))
    return fail(
      `${link.name} of this host is in ${clash}, ${found}`,
      `ip address show dev ${link.name}\nGive that network other addresses, or on the engine another vpc_cidr.`,
    );
  // Without the interface it could be our own route that is found first.
  const by = link === undefined ? '' : ` dev ${link.name}`;
  return fail(
    `this host routes ${clash} by itself${device === undefined ? '' : `, to ${device}`}, ${found}`,
    `sudo ip route delete ${clash}${by}`,
  );
}

type Vpc = { network?: AgentProbes['network'] };

async function vpcOf(probes: HostProbes & Vpc): Promise<Subnet | undefined> {
  const known = await probes.network?.();
  if (known) return known.network.vpcCidr;
  const { settings } = await probes.config();
  return 'vpcCidr' in settings ? settings.vpcCidr : undefined;
}

/** Where our own routes lead. */
const OURS: readonly string[] = ['wg-control', 'banyan-wg', 'banyan0', 'blackhole'];

/** Where there is no data plane that tells its own routes from those of others. */
async function routesOf({ surroundings }: HostProbes): Promise<string[]> {
  const { routes } = await surroundings();
  return routes
    .filter(({ device }) => !OURS.includes(device))
    .flatMap(({ destination }) => Subnet.tryParse(destination)?.text ?? []);
}

export const agentPorts: Check<AgentProbes> = {
  name: 'ports',
  about: 'The UDP port of `banyan-wg` belongs to it and to nobody else.',
  mend: '`sudo ss -lunp` shows who has it; stop that, or set `wg_port` and restart the agent.',
  async run(probes) {
    const { wgPort } = (await probes.config()).settings;
    return portFinding('banyan-wg', wgPort, await probes.device('banyan-wg'), probes);
  },
};

export const enginePorts: Check<EngineProbes> = {
  name: 'ports',
  about: 'The TCP port of the engine and the UDP port of `wg-control` belong to it and to nobody else.',
  mend: '`sudo ss -ltunp` shows who has them; stop that, or set `grpc_port` or `wg_listen_port`, here and on the clients.',
  async run(probes) {
    const { config, device, taken, status } = probes;
    const { grpcPort, wgListenPort } = (await config()).settings;
    const [{ running }, control] = await Promise.all([status(), device('wg-control')]);
    if (!running && (await taken('tcp', grpcPort)))
      return fail(`another program has TCP port ${grpcPort}`, `sudo ss -ltnp 'sport = :${grpcPort}'`);
    return portFinding('wg-control', wgListenPort, control, probes, ` and TCP ${grpcPort}`);
  },
};

async function portFinding(
  name: string,
  port: number,
  device: { readonly listenPort: number } | undefined,
  { taken, role }: Pick<HostProbes, 'taken' | 'role'>,
  also = '',
): Promise<Finding> {
  if (device?.listenPort === port) return ok(`${name} has UDP port ${port}${also}`);
  if (await taken('udp', port))
    return fail(`another program has UDP port ${port}`, `sudo ss -lunp 'sport = :${port}'`);
  if (device === undefined) return ok(`UDP port ${port}${also} is free for ${name}`);
  return warn(
    `${name} listens on UDP port ${device.listenPort}, and not on ${port}: the configuration was changed, which counts from the next start`,
    `sudo systemctl restart banyan-${role}`,
  );
}
