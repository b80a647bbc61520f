import { OperatorCommand } from '../operator-command.js';

export default class Status extends OperatorCommand {
  static override readonly summary =
    'Show the network at a glance, the path to the engine, and who it takes you for.';
  static override readonly description =
    "Agents that are offline or behind, links that are down, subnets, the whitelist, and what the engine warns of; names are the first few, --json has all of the agents'. As root and with the engine's key, the path is the control tunnel, which stays up for the next call.";
  static override readonly examples = [
    '<%= config.bin %> status',
    "<%= config.bin %> status --json | jq -r '.agents.offline[].name'",
  ];
  static override readonly answer =
    'an object: channel, identity, round_trip_ms, engine, tunnel, agents, links, network, whitelist, warnings';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status);
    const settings = await this.loadSettings('cli', flags.config);
    const { operatorReport, operatorText } = await import('../status-report.js');
    return this.withEngine(settings, async (engine) => {
      const report = await this.patiently('Asking the engine', operatorReport(settings, engine));
      for (const warning of report.warnings) this.warning(warning);
      this.line(operatorText(report));
      return report;
    });
  }
}
