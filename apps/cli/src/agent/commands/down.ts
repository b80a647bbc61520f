import { DownCommand } from '../../down-command.js';

export default class Down extends DownCommand {
  static override readonly summary = 'Take the control tunnel of this agent down, with its firewall rules.';
  static override readonly description =
    'Stop the agent first: while it runs, it brings the tunnel up again.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %>'];
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    return this.takeDown('agent', (await this.parse(Down)).flags.config);
  }
}
