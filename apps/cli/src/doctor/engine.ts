import { asBanyanError, BanyanError } from '#errors';
import { HandshakeAges, SESSION_MS } from '#wireguard';
import { fail, ok, warn, type Check } from './check.js';
import { open } from './firewall.js';
import type { EngineProbes } from './probes.js';

/** What only the engine's own host can tell. */

export const engineService: Check<EngineProbes> = {
  name: 'service',
  about: 'The engine runs, and has nothing to complain about.',
  mend: '`sudo systemctl start banyan-engine`; `journalctl -u banyan-engine` says why it does not stay.',
  async run({ status }) {
    const report = await status().catch(asBanyanError);
    if (report instanceof BanyanError) return fail(report.message, report.remedy);
    const { running, version, warnings, agents } = report;
    if (!running) return fail('the engine is not running', 'sudo systemctl start banyan-engine');
    if (warnings.length > 0) return warn(warnings.join('; '), 'sudo banyan-engine status');
    return ok(`version ${version}, ${agents?.online} of ${agents?.total} agents online`);
  },
};

export const clients: Check<EngineProbes> = {
  name: 'whitelist',
  about: 'The folder of keys can be read, and every file in it admits somebody.',
  mend: '`sudo banyan-engine list-clients` gives the reason of each that does not; `sudo banyan-engine add-client` writes a file that does.',
  async run({ status, clients }) {
    const [{ whitelist }, listed] = await Promise.all([status(), clients()]);
    const look = 'sudo banyan-engine list-clients';
    if (whitelist.error !== null) return fail(whitelist.error, `sudo ls -la ${whitelist.directory}`);
    const refused = listed.filter(({ state }) => state !== 'admitted');
    if (refused.length > 0) {
      const said = refused.map(
        ({ name, state, reason }) => `${name} is ${state}${reason === null ? '' : `: ${reason}`}`,
      );
      return warn(
        said.slice(0, 5).join('; ') + (said.length > 5 ? `; and ${said.length - 5} more` : ''),
        look,
      );
    }
    if (listed.length === 0)
      return warn(
        'nobody is admitted yet',
        'On each server: sudo banyan-agent init, which prints the add-client line',
      );
    return ok(`${listed.length} admitted`);
  },
};

export const engineTunnel: Check<EngineProbes> = {
  name: 'tunnel',
  about:
    'Clients reach UDP 51821 of this host: there were handshakes lately. Where clients are connected by direct TCP only, it is closed.',
  mend: 'Here, and in what filters before this host: open UDP 51821, as `sudo ufw allow 51821/udp`.',
  async run({ status, device, config }) {
    const { running, tunnel, connections } = await status();
    if (!running)
      return warn('could not be looked at: the engine is not running', 'sudo systemctl start banyan-engine');
    const { wgListenPort } = (await config()).settings;
    if (!tunnel.up) return fail(`there is no tunnel: ${tunnel.detail}`, 'sudo banyan-engine status');
    if (/without firewall rules/.test(tunnel.detail)) return fail(tunnel.detail, 'sudo nft list ruleset');
    const peers = (await device('wg-control'))?.peers ?? [];
    const fresh = [...new HandshakeAges().look(peers).values()].filter((age) => age < SESSION_MS);
    const direct = connections?.direct ?? 0;
    const inTunnel = connections?.tunnel ?? 0;
    if (fresh.length > 0 || inTunnel > 0)
      return ok(
        `${fresh.length} clients had a handshake lately; ${inTunnel} connections in it, ${direct} direct`,
      );
    if (direct === 0)
      return warn(
        'nobody is connected, so that it was not tried from outside',
        'On a client: sudo banyan-agent doctor',
      );
    return fail(
      `${direct} connections are direct and none is in the tunnel: UDP port ${wgListenPort} is closed, here or on the way`,
      open({ udp: wgListenPort }),
    );
  },
};
