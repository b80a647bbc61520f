import { BanyanCommand } from '../../base-command.js';

export default class Plan extends BanyanCommand {
  static override readonly summary = 'Show what the agent would change on this host, without changing it.';
  static override readonly description =
    'From the network that the agent knew last; needs no engine. Nothing to change means that this host is what it should be.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    {
      description: 'Fail when the host is not what it should be',
      command: "sudo <%= config.bin %> <%= command.id %> --json | jq -e 'length == 0'",
    },
  ];
  static override readonly answer = 'an array: what, why';
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Plan);
    const settings = await this.loadSettings('agent', flags.config);
    const { networkPlan } = await import('../network-plan.js');
    const { changes, inTheWay } = await networkPlan(settings);
    for (const { what, why } of changes) this.line(`${what} (${why})`);
    if (inTheWay !== undefined) throw inTheWay;
    if (changes.length === 0) this.line('Nothing to change: this host is what it should be.');
    return changes;
  }
}
