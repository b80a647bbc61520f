import { NetworkCommand } from '../network-command.js';
import { agentName } from '../agent-name.js';

export default class Release extends NetworkCommand {
  static override readonly summary = 'Free the subnet of an agent that is away, for others to get.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %> --name worker-1'];
  static override readonly answer = 'an object: name, subnet';
  static override readonly flags = { name: agentName() };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Release);
    const { subnet } = await this.ask(flags.config, (engine) => engine.call('release', { name: flags.name }));
    this.line(`${subnet} is free again: ${flags.name} gets another one when it returns.`);
    return { name: flags.name, subnet };
  }
}
