import { BanyanCommand } from '../../base-command.js';
export default class Down extends BanyanCommand {
  protected override readonly role = 'agent';
  async run(): Promise<unknown> {
    await this.parse(Down);
    return {};
  }
}
