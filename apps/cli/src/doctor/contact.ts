import { isForNoAnswer } from '#channel';
import { asBanyanError, BanyanError } from '#errors';
import { fail, ok, warn, type Check } from './check.js';
import { open } from './firewall.js';
import type { AgentProbes, ClientProbes } from './probes.js';
import { roomIn } from './room.js';

/** The engine, as an agent or an operator sees it. */

export const service: Check<AgentProbes> = {
  name: 'service',
  about: 'The agent runs, answers, and is connected to its engine.',
  mend: '`sudo systemctl start banyan-agent`; `journalctl -u banyan-agent` says why it does not stay.',
  async run({ status, answers, root }) {
    const report = await status();
    if (!report.running) return fail('the agent is not running', 'sudo systemctl start banyan-agent');
    if (!('engine' in report))
      return fail('the agent has not said anything yet', 'journalctl -u banyan-agent');
    // Its socket is for root; what the agent wrote last stays when it hangs.
    const hangs = root ? await answers().catch(asBanyanError) : undefined;
    if (hangs) return fail(hangs.message, hangs.remedy);
    const { state, last_error: error, remedy, version, channel } = report;
    if (state === 'connected') return ok(`connected by ${channel}, version ${version}`);
    return fail(`${state}${error === null ? '' : `: ${error}`}`, remedy ?? 'journalctl -u banyan-agent');
  },
};

export const engine: Check<ClientProbes> = {
  name: 'engine',
  about: 'The engine is reached over TCP and proves that it has the key that is expected of it.',
  mend: 'On the engine: `sudo systemctl start banyan-engine`, and TCP 50051 open; here: `engine_host` in `banyan.yaml`.',
  async run({ contact, config, role }) {
    const { settings } = await config();
    try {
      const { address, channel } = await contact();
      return ok(
        `reached at ${address} port ${settings.enginePort}${channel === 'loopback' ? ', this host' : ''}`,
      );
    } catch (error) {
      if (!(error instanceof BanyanError) || error.kind !== 'unavailable') throw error;
      // Unlike a port on which nobody listens, which refuses.
      if (isForNoAnswer(error))
        return fail(
          error.message,
          `On the engine: sudo banyan-engine doctor\n${open({ tcp: settings.enginePort }, 'Where it runs')}`,
        );
      return fail(
        error.message,
        error.remedy ??
          `On the engine: sudo banyan-engine doctor. Here: sudo banyan-${role} init --keep --engine-host ADDRESS`,
      );
    }
  },
};

export const engineKey: Check<ClientProbes> = {
  name: 'engine key',
  about:
    "The engine's key was given by the operator. One that was trusted on first use may be an impostor's, and there is no tunnel with it.",
  mend: '`sudo banyan-agent init --keep --engine-wg-public-key KEY`, with the key that `sudo banyan-engine status` shows.',
  async run({ contact, config, role }) {
    const { engineKey: given } = (await config()).settings;
    if (given) return ok(`${given.fingerprint}, as configured`);
    const { engineKey } = await contact();
    return warn(
      `${engineKey.fingerprint} was trusted on first use: compare it with \`banyan-engine status\` on the engine`,
      `sudo banyan-${role} init --keep --engine-wg-public-key '${engineKey.text}'`,
    );
  },
};

export const whitelist: Check<ClientProbes> = {
  name: 'whitelist',
  about:
    'The engine admits the key of this host, and for what it is used for. The answer is asked for now, over a connection that both ends have proven.',
  mend: 'On the engine: the `sudo banyan-engine add-client` line that the message carries, with `--expires` for a key that has expired and `--role` for one with another role.',
  async run({ contact }) {
    const { answer } = await contact();
    if (!(answer instanceof BanyanError)) return ok(`admitted as ${answer.name}`);
    if (answer.kind === 'unauthenticated' || answer.kind === 'forbidden')
      return fail(answer.message, answer.remedy);
    throw answer;
  },
};

/** Of the round trip, half may be on either way. */
const SKEW_MS = { warn: 5_000, fail: 300_000 };

export const clock: Check<ClientProbes> = {
  name: 'clock',
  about:
    'The clocks of this host and of the engine agree. Where they do not, logs cannot be compared, times that are shown are wrong, and keys may expire on another day than is thought.',
  mend: '`sudo timedatectl set-ntp true`, on whichever of the two is wrong.',
  async run({ contact }) {
    const { answer } = await contact();
    if (answer instanceof BanyanError)
      return warn('could not be looked at: the engine tells its time to those that it admits');
    if (answer.engineNowMs === 0) return warn('could not be looked at: this engine does not tell its time');
    const skew = answer.engineNowMs - answer.ownNowMs;
    const off = Math.max(0, Math.abs(skew) - answer.roundTripMs / 2);
    const said = `${(Math.abs(skew) / 1_000).toFixed(1)} s ${skew > 0 ? 'behind' : 'ahead of'} the engine's`;
    if (off < SKEW_MS.warn) return ok(said);
    return (off < SKEW_MS.fail ? warn : fail)(`the clock here is ${said}`, 'sudo timedatectl set-ntp true');
  },
};

export const tunnel: Check<ClientProbes> = {
  name: 'tunnel',
  about:
    'The engine answers in the control tunnel, tried now beside direct TCP. An operator who has no tunnel yet is given one for the time that takes. Where only the latter works, UDP 51821 does not reach the engine; calls go on, and are no less proven.',
  mend: 'On the engine, and in what filters on the way to it: open UDP 51821, as `sudo ufw allow 51821/udp`.',
  async run({ contact, config, tunnelAnswers, device, pathMtu, role, root }) {
    const { settings } = await config();
    const { engineKey } = settings;
    const reached = contact();
    if (engineKey === undefined)
      return warn(
        'off until engine_wg_public_key is set',
        `sudo banyan-${role} init --keep --engine-wg-public-key KEY`,
      );
    if (!root)
      return role === 'cli'
        ? ok('only root has a tunnel; calls go over TCP')
        : warn('could not be looked at: only root can', `sudo banyan-${role} doctor`);
    const answers = tunnelAnswers();
    const { channel, address, answer } = await reached;
    if (channel === 'loopback') return ok('not needed: the engine is on this host');
    if (await answers) return ok('the engine answers in it');
    if (answer instanceof BanyanError && answer.kind === 'unauthenticated')
      return warn('could not be looked at: the engine has it for those that it admits');
    const control = await device('wg-control');
    if (control && !control.publicKey?.equals(settings.privateKey.publicKey))
      return ok('another role on this host has it; calls go over TCP');
    if (role === 'cli' && control && !control.peers.some(({ publicKey }) => publicKey.equals(engineKey)))
      return warn(
        'wg-control is still for a key that the engine had before; the next command of root changes it',
        'sudo banyan-cli status',
      );
    // An operator has it from one command on, and without it is asked in one that goes again.
    if (!control && role === 'agent')
      return fail('wg-control is not there', 'sudo systemctl restart banyan-agent');
    const room = roomIn(await pathMtu(address), address);
    if (control && room !== undefined && room < control.mtu)
      return fail(
        `the way to the engine has room for ${room} bytes in the tunnel, and the mtu of wg-control is ${control.mtu}: large packets are lost`,
        role === 'agent' ? 'sudo systemctl restart banyan-agent' : 'sudo banyan-cli status',
      );
    return fail(
      `direct TCP reaches the engine and the tunnel does not: UDP port ${settings.engineWgPort} of ${address} is closed, there or on the way, or to what goes out here`,
      open({ udp: settings.engineWgPort }, 'On the engine'),
    );
  },
};
