import type { Role } from '#config';
import { isAcceptance } from '#dataplane';
import { incoming, type Ports } from '../init/firewall-lines.js';
import { fail, ok, warn, type Check, type Finding } from './check.js';
import type { AgentProbes, EngineProbes, HostProbes } from './probes.js';

/** What of this host lets packets pass, or does not. */

/**
 * What opens ports, a line for each of the usual firewalls, of which people take that of theirs.
 *
 * @param where as `On the engine`. @param chains of this host's nftables that have it shut, when that is known.
 */
export function open(ports: Ports, where = 'Here', chains: readonly string[] = []): string {
  const { nftables, ufw, firewalld } = incoming(ports, chains);
  const lines = [nftables, ufw, firewalld].map((commands) =>
    commands.map((line) => `sudo ${line}`).join('; '),
  );
  return [`${where}, one of these, by its firewall:`, ...lines].join('\n');
}

export const inputPolicy: Check<EngineProbes> = {
  name: 'input policy',
  about:
    'No other firewall of this host drops calls and the tunnel: a chain that drops what none of its rules accepts has one for the TCP port of the engine and one for the UDP port of `wg-control`.',
  mend: '`sudo ufw allow 50051/tcp` and `sudo ufw allow 51821/udp`, or the lines for the firewall at hand.',
  async run({ config, inputDrops }) {
    const { grpcPort, wgListenPort } = (await config()).settings;
    const dropping = await inputDrops();
    const shutTo = (protocol: 'tcp' | 'udp', port: number) =>
      dropping.filter((drop) => drop.shutTo(protocol, port)).map(({ chain }) => chain);
    const shut = { tcp: shutTo('tcp', grpcPort), udp: shutTo('udp', wgListenPort) };
    const chains = [...new Set([...shut.tcp, ...shut.udp])];
    if (chains.length === 0) return ok('no other firewall is shut to the engine');
    const ports = {
      ...(shut.tcp.length > 0 ? { tcp: grpcPort } : {}),
      ...(shut.udp.length > 0 ? { udp: wgListenPort } : {}),
    };
    const named = Object.entries(ports).map(([protocol, port]) => `${protocol.toUpperCase()} ${port}`);
    // Not sure: a rule may let them in that says it in a way which is not understood here.
    return warn(
      `${chains.join(', ')} drops what no rule of it accepts, and none is for ${named.join(' or ')}`,
      open(ports, 'Here', chains),
    );
  },
};

export const forwarding: Check<AgentProbes> = {
  name: 'forwarding',
  about: 'The kernel forwards IPv4. Without it no packet passes between containers and other hosts.',
  mend: '`sudo sysctl -w net.ipv4.ip_forward=1`; a running agent does it by itself, unless `/proc/sys` is read-only.',
  async run({ forwarding }) {
    if (await forwarding()) return ok('the kernel forwards IPv4');
    return fail(
      'the kernel does not forward: no packet passes between containers and other hosts',
      'sudo sysctl -w net.ipv4.ip_forward=1',
    );
  },
};

/** Our table for a role's end of the tunnel: wanted where the role has the tunnel. */
async function controlTable({ config, device, role }: HostProbes): Promise<string[]> {
  const [{ settings }, control] = await Promise.all([config(), device('wg-control')]);
  const ours = control?.publicKey?.equals(settings.privateKey.publicKey) === true;
  return ours ? [`banyan_control_${role}`] : [];
}

function tableFinding(wanted: readonly string[], present: readonly string[], role: Role): Finding {
  const absent = wanted.filter((name) => !present.includes(name));
  if (absent.length > 0) {
    return fail(
      `the firewall lacks ${absent.join(', ')}, which keeps the network closed to others`,
      role === 'cli' ? 'sudo banyan-cli status' : `sudo systemctl restart banyan-${role}`,
    );
  }
  return ok(wanted.length === 0 ? 'no rules are needed here now' : `${wanted.join(', ')} in place`);
}

const FIREWALL = {
  name: 'firewall',
  about:
    'Our tables of nftables are in place. They keep the control tunnel to its component, and the container network closed to everybody else; a running agent or engine puts them back within seconds.',
  mend: '`sudo systemctl restart banyan-agent` (or `banyan-engine`)',
};

export const firewall: Check<HostProbes> = {
  ...FIREWALL,
  async run(probes) {
    if (probes.role === 'cli' && !probes.root) return ok('only root has a tunnel, and rules for it');
    const [wanted, present] = await Promise.all([controlTable(probes), probes.tables()]);
    return tableFinding(wanted, present, probes.role);
  },
};

export const agentFirewall: Check<AgentProbes> = {
  ...FIREWALL,
  async run(probes) {
    const [control, known, present] = await Promise.all([
      controlTable(probes),
      probes.network(),
      probes.tables(),
    ]);
    return tableFinding([...control, ...(known ? ['banyan_network'] : [])], present, 'agent');
  },
};

export const forwardPolicy: Check<AgentProbes> = {
  name: 'forward policy',
  about:
    'No other firewall of this host drops what is forwarded to and from containers: ours can forbid more than it does, and cannot allow what it forbids.',
  mend: '`sudo nft insert rule inet filter forward iifname banyan0 accept`, and the same with `oifname`; for ufw and firewalld see the lines that `sudo banyan-agent init --keep` prints.',
  async run({ forwardDrops }) {
    const deaf = (await forwardDrops()).filter(({ knowsUs }) => !knowsUs);
    if (deaf.length === 0) return ok('no other firewall drops what is forwarded');
    const names = deaf.map(({ chain }) => chain);
    const commands = names.flatMap((chain) =>
      ['iifname', 'oifname'].map((end) => `sudo nft insert rule ${chain} ${end} banyan0 accept`),
    );
    return fail(
      `${names.join(', ')} drops what is forwarded, and no rule of it names banyan0`,
      commands.join('\n'),
    );
  },
};

export const docker: Check<AgentProbes> = {
  name: 'docker',
  about:
    'Where Docker is, its chain `DOCKER-USER` accepts the container network, or Docker drops it. Where Docker is and the chain is not, somebody flushed the firewall, and with it the rules by which Docker publishes ports and lets containers out; or Docker is set to have none.',
  mend: '`sudo systemctl restart banyan-agent` puts our rules back; `sudo iptables -S DOCKER-USER` shows what comes before them. `sudo systemctl restart docker` makes those of Docker anew; it also restarts the containers, where Docker has no `live-restore`.',
  async run({ dockerUser, surroundings }) {
    const chain = await dockerUser();
    if (typeof chain === 'string') {
      const isDockerHere = (await surroundings()).links.some(({ name }) => name === 'docker0');
      if (chain === 'no iptables' || !isDockerHere) return ok('Docker has no firewall here');
      // Not sure: with `iptables: false`, or by nftables of its own, Docker has no such chain either.
      return warn(
        'docker0 is here and DOCKER-USER is not: the firewall of Docker was flushed, and Docker restarted, with its containers, makes it anew; or Docker is set to have none, and all is well',
        'sudo systemctl restart docker',
      );
    }
    const ours = chain.findIndex(isAcceptance);
    if (ours < 0) {
      return fail(
        'DOCKER-USER does not accept the container network: Docker may drop it',
        'sudo systemctl restart banyan-agent',
      );
    }
    const drop = chain
      .slice(0, ours)
      .map((words) => words.join(' '))
      .find((rule) => /^(-j|-m comment --comment \S+ -j) (DROP|REJECT)/.test(rule));
    if (drop !== undefined)
      return warn(`DOCKER-USER ends before our rules, by \`${drop}\``, 'sudo iptables -S DOCKER-USER');
    return ok('DOCKER-USER accepts the container network');
  },
};
