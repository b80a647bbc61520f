import type { BanyanError } from '#errors';
import { DownCommand } from '../../down-command.js';

export default class Down extends DownCommand {
  static override readonly summary =
    'Take the network of this host down: containers lose it, and the control tunnel goes too.';
  static override readonly description =
    'Stop the agent first: while it runs, it brings everything up again. Only IP forwarding stays as it is.';
  static override readonly examples = [
    'sudo systemctl stop <%= config.bin %> && sudo <%= config.bin %> <%= command.id %>',
  ];
  static override readonly answer = 'an object: network, tunnel';
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Down);
    const settings = await this.loadSettings('agent', flags.config);
    await this.requireRoot();
    await this.warnOfRunning(settings.runDir);
    const { containerNetworks, dataPlaneOf } = await import('../network-plan.js');
    // While the bridge is there: Docker's network is its own way to it.
    const runtimes = await containerNetworks()
      .down()
      .catch((error: unknown) => this.sayStays(error));
    const changes = [...runtimes, ...(await dataPlaneOf(settings).down())];
    for (const { what, why } of changes) this.line(`${what} (${why})`);
    if (changes.length === 0) this.line('There was no container network.');
    return { network: changes, ...(await this.takeTunnelDown('agent', settings)) };
  }

  /** What a runtime does not let go of is no reason to keep the rest. */
  private sayStays(error: unknown): readonly [] {
    const { message, remedy } = error as Partial<BanyanError>;
    this.warning(remedy ? `${message}. ${remedy}` : String(message));
    return [];
  }

  private async warnOfRunning(runDir: string): Promise<void> {
    const { agentReport } = await import('../status-report.js');
    const { running } = await agentReport(runDir);
    if (running) this.warning('the agent is running and brings everything up again; stop it first');
  }
}
