import { BanyanCommand } from '../../base-command.js';
export default class Down extends BanyanCommand {
  protected override readonly role = 'cli';
  async run(): Promise<unknown> {
    await this.parse(Down);
    return {};
  }
}
