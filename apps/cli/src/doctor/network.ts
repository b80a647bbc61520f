import { addressOf, SESSION_MS } from '#wireguard';
import { shownDuration } from '../duration.js';
import { plural } from '../plural.js';
import { fail, ok, warn, type Check } from './check.js';
import { open } from './firewall.js';
import { bytesBelow, roomIn } from './room.js';
import type { AgentProbes } from './probes.js';

/** The container network, as one agent sees it. */

const MOST_SAID = 5;

export const reachable: Check<AgentProbes> = {
  name: 'reachable',
  about:
    'UDP 51820 of this host is reached from outside: the engine is asked to send it three datagrams, and the firewall counts them before all rules and behind them.',
  mend: 'Dropped here: `sudo ufw allow 51820/udp`, or the line for the firewall at hand. Not arrived: the same in what filters before this host, such as the security group of a cloud.',
  async run({ probeUdp, inputDrops, root }) {
    if (!root) return warn('could not be looked at: only root can', 'sudo banyan-agent doctor');
    const { address, port, sent, unsent, arrived, admitted } = await probeUdp();
    if (sent === 0) return warn(`could not be looked at: ${unsent}`, 'sudo systemctl restart banyan-agent');
    if (admitted > 0) return ok(`${arrived} of ${sent} datagrams of the engine arrived at UDP port ${port}`);
    if (arrived > 0) {
      return fail(
        `datagrams of the engine arrive at UDP port ${port}, and a firewall of this host drops them`,
        open(
          { udp: port },
          'Here',
          (await inputDrops()).map(({ chain }) => chain),
        ),
      );
    }
    return fail(
      `none of ${sent} datagrams of the engine to UDP port ${port} of ${address} arrived: something on the way drops them`,
      `In what filters before this host, let UDP ${port} through to ${address}; behind a NAT, forward that port to this host`,
    );
  },
};

export const handshakes: Check<AgentProbes> = {
  name: 'handshakes',
  about: 'Every link to another agent had a handshake in the last three minutes.',
  mend: '`sudo banyan-agent doctor` on the agent that is named, which tells whether it runs and UDP 51820 reaches it.',
  async run({ network, links }) {
    const known = await network();
    if (!known) return warn('this agent knows no network yet', 'sudo banyan-agent status');
    const { peers } = known.network;
    const ages = new Map((await links()).map((link) => [link.publicKey.text, link.handshakeAgeMs]));
    const down = peers.flatMap(({ name, publicKey }) => {
      const age = ages.get(publicKey.text) ?? Infinity;
      return age < SESSION_MS
        ? []
        : [`${name} (${age === Infinity ? 'never' : `${shownDuration(age)} ago`})`];
    });
    if (down.length === 0)
      return ok(peers.length === 0 ? 'there is no other agent' : `${plural(peers.length, 'link')} up`);
    const more = down.length > MOST_SAID ? `, and ${down.length - MOST_SAID} more` : '';
    const said = `no handshake lately with ${down.slice(0, MOST_SAID).join(', ')}${more}`;
    const remedy = 'On the other host: sudo banyan-agent doctor';
    // One that is switched off is no fault of this host; that nobody answers is likely one.
    return down.length === peers.length ? fail(said, remedy) : warn(said, remedy);
  },
};

export const mtu: Check<AgentProbes> = {
  name: 'path MTU',
  about:
    'Packets of the size that containers may send pass between hosts: the way below is wide enough by what the kernel knows of it, and a peer answers one of full size.',
  mend: 'Set `mtu` in `banyan.yaml` to what the message says, on every agent, and `sudo systemctl restart banyan-agent`.',
  async run({ config, configPath, network, links, pathMtu, echo }) {
    const { mtu } = (await config()).settings;
    const known = await network();
    const endpoints = new Map((await links()).map((link) => [link.publicKey.text, link]));
    const up = (known?.network.peers ?? []).flatMap(({ name, publicKey, subnet }) => {
      const { endpoint, handshakeAgeMs = Infinity } = endpoints.get(publicKey.text) ?? {};
      return endpoint !== undefined && handshakeAgeMs < SESSION_MS
        ? [{ name, gateway: subnet.address(1), endpoint }]
        : [];
    });
    for (const { name, endpoint } of up) {
      const below = addressOf(endpoint);
      const room = roomIn(await pathMtu(below), below);
      if (room !== undefined && room < mtu)
        return warn(
          `the way to ${name} has room for ${room} bytes in the tunnel, and mtu is ${mtu}`,
          lower(room, name, configPath),
        );
    }
    const first = up[0];
    if (!first) return ok('no link is up to try it on');
    if (await echo(first.gateway, mtu)) return ok(`${mtu} bytes pass to ${first.name}`);
    if (!(await echo(first.gateway, 100)))
      return warn(
        `${first.name} answers no echo at its gateway ${first.gateway}, so that no size could be tried`,
        `On ${first.name}: sudo banyan-agent doctor`,
      );
    const passing = await largest((bytes) => echo(first.gateway, bytes), mtu);
    const less = passing === undefined ? `nor those of ${LEAST}` : `and those of ${passing} do`;
    return fail(
      `packets of ${mtu} bytes do not pass to ${first.name}, ${less}: connections will hang`,
      lower(passing ?? 0, first.name, configPath),
    );
  },
};

/** What `mtu` may be at least. */
const LEAST = 1_280;

/** @param mtu bytes; what fits below {@link LEAST} is mended on the way only. */
function lower(mtu: number, peer: string, configPath: string): string {
  if (mtu < LEAST)
    return `In what lies between, let UDP packets of ${bytesBelow(LEAST)} bytes through to ${peer}: mtu cannot be lower than ${LEAST}.`;
  return [
    `On every agent, in the section agent, mtu: ${mtu}`,
    `sudoedit ${configPath}`,
    'sudo systemctl restart banyan-agent',
  ].join('\n');
}

/** The largest of a few usual sizes below one that does not pass; undefined: none. */
async function largest(
  passes: (bytes: number) => Promise<boolean>,
  below: number,
): Promise<number | undefined> {
  const sizes = [1_412, 1_400, 1_380, 1_360, 1_340, 1_320, 1_300, LEAST].filter((bytes) => bytes < below);
  const passed = await Promise.all(sizes.map(passes));
  return sizes.find((_, index) => passed[index]);
}

export const drift: Check<AgentProbes> = {
  name: 'drift',
  about:
    'This host is what the engine wants it to be: there is nothing that the agent would change, and nothing that it refuses or holds.',
  mend: '`sudo banyan-agent plan` shows what differs; a running agent puts it right within ten seconds, or says why not.',
  async run({ status, network, plan }) {
    const report = await status();
    if ('network' in report && ['held', 'refused', 'failing'].includes(report.network.state)) {
      const { state, detail, remedy } = report.network;
      return fail(
        `the network is ${state}${detail === null ? '' : `: ${detail}`}`,
        remedy ?? 'journalctl -u banyan-agent',
      );
    }
    if (!(await network())) return warn('this agent knows no network yet', 'sudo banyan-agent status');
    const { changes, inTheWay } = await plan();
    if (changes.length === 0 && inTheWay === undefined) return ok('there is nothing to change');
    if (changes.length === 0)
      return warn(`container runtimes do not find the network: ${inTheWay!.message}`, inTheWay!.remedy);
    const said = changes
      .slice(0, MOST_SAID)
      .map(({ what }) => what)
      .join('; ');
    const more = changes.length > MOST_SAID ? `; and ${changes.length - MOST_SAID} more` : '';
    return fail(
      `this host is not what it should be: ${said}${more}`,
      report.running ? 'journalctl -u banyan-agent' : 'sudo systemctl start banyan-agent',
    );
  },
};
