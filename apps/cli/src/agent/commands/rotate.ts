import { existsSync } from 'node:fs';
import type { AgentSettings } from '#config';
import { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import type { Log } from '#log';
import type { RotationReport } from '#rotation';
import { BanyanCommand } from '../../base-command.js';

export default class Rotate extends BanyanCommand {
  static override readonly summary =
    'Replace the key of this agent by a new one, here, on the engine and at all peers, with the network up.';
  static override readonly description =
    'The running agent does it: the engine has all hosts change over at one moment, and peers that are offline follow ' +
    'when they return. If the new key does not work, both sides go back to the old one by themselves. Where the engine ' +
    'has `key_rotation: "deny"`, the step that an administrator has to take is printed.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    'sudo <%= config.bin %> <%= command.id %> --json',
  ];
  static override readonly answer =
    'an object: state, name, public_key, fingerprint, previous_fingerprint, tunnel_address, moved, offline; where the engine denies it also next, kept_in';
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Rotate);
    const settings = await this.loadSettings('agent', flags.config);
    const [{ SpareKey }, { rotationJson, rotationText }] = await Promise.all([
      import('#rotation'),
      import('../../rotation-report.js'),
    ]);
    const report = await this.rotate(settings);
    for (const warning of report.warnings) this.warning(warning);
    const { path } = new SpareKey(settings.stateDir, 'agent');
    this.line(rotationText(report, path));
    return rotationJson(report, path);
  }

  private async rotate(settings: AgentSettings): Promise<RotationReport> {
    const { agentAnswers, rotateRunning } = await import('../agent-socket.js');
    if (!(await agentAnswers(settings))) return this.rotateAlone(settings);
    const result = await rotateRunning(settings, (sentence) => this.progress(sentence));
    return {
      state: result.denied ? 'denied' : 'rotated',
      name: result.name,
      from: PublicKey.parse(result.formerPublicKey),
      to: PublicKey.parse(result.publicKey),
      engineKey: PublicKey.parse(result.enginePublicKey),
      moved: result.moved,
      offline: result.offline,
      warnings: [],
    };
  }

  /** Without an agent nobody moves a network: where there is one, it would be cut off until an agent starts. */
  private async rotateAlone(settings: AgentSettings): Promise<RotationReport> {
    if (existsSync('/sys/class/net/banyan-wg')) {
      throw new BanyanError('host', 'the network of this host is up and its agent is not running', {
        remedy: 'sudo systemctl start banyan-agent, and rotate then.',
      });
    }
    const [{ rotateHere }, { openEngine }, { onlyAgent }] = await Promise.all([
      import('#rotation'),
      import('#channel'),
      import('../../../../agent/src/only-agent.js'),
    ]);
    const lock = await onlyAgent(settings.runDir);
    const log: Log = { say: (_, message) => this.warning(message) };
    const { engineKey, ...rest } = settings;
    try {
      return await rotateHere({
        settings,
        open: (privateKey) => openEngine({ ...rest, privateKey, ...(engineKey ? { engineKey } : {}) }, log),
        say: (sentence) => this.progress(sentence),
      });
    } finally {
      await lock.release();
    }
  }
}
