import { NetworkCommand } from '../network-command.js';
import { agentName } from '../agent-name.js';

export default class Forget extends NetworkCommand {
  static override readonly summary =
    'Remove an agent that is away for good: its key, its record and its subnet.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %> --name worker-1'];
  static override readonly answer = 'an object: name, subnet, revoked';
  static override readonly flags = { name: agentName() };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Forget);
    const { subnet, revoked } = await this.ask(flags.config, (engine) =>
      engine.call('forget', { name: flags.name }),
    );
    this.line(`${flags.name} is forgotten.`);
    if (revoked) this.line('  its key is off the whitelist');
    if (subnet !== '') this.line(`  its subnet ${subnet} is free again`);
    return { name: flags.name, subnet: subnet || null, revoked };
  }
}
