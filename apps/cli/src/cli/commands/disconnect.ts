import { DownCommand } from '../../down-command.js';

export default class Disconnect extends DownCommand {
  static override readonly summary = 'Take the control tunnel of the operator down, with its firewall rules.';
  static override readonly description = 'A status as root brings it up again.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %>'];
  static override readonly answer = 'an object: tunnel';
  protected override readonly role = 'cli';

  async run(): Promise<unknown> {
    const settings = await this.loadSettings('cli', (await this.parse(Disconnect)).flags.config);
    await this.requireRoot();
    return this.takeTunnelDown('cli', settings);
  }
}
