import { OperatorCommand } from '../operator-command.js';

export default class Agents extends OperatorCommand {
  static override readonly summary = 'List the agents: online or not, their subnets, endpoints and links.';
  static override readonly examples = [
    '<%= config.bin %> agents',
    '<%= config.bin %> agents --json | jq -r \'.[] | select(.state == "offline") | .name\'',
  ];
  static override readonly answer =
    'an array: name, state, tunnel_address, public_key, channel, last_seen_ms, version, tags, subnet, endpoint, applied_revision, links_up, links_wanted, refused';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Agents);
    const settings = await this.loadSettings('cli', flags.config);
    const { agentList, agentTable, refusals } = await import('../agent-list.js');
    return this.withEngine(settings, async (engine) => {
      const agents = agentList(await this.patiently('Asking the engine', engine.call('listAgents', {})));
      this.line(agentTable(agents));
      for (const refusal of refusals(agents)) this.warning(refusal);
      return agents;
    });
  }
}
