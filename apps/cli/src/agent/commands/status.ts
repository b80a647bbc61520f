import { BanyanCommand } from '../../base-command.js';

export default class Status extends BanyanCommand {
  static override readonly summary = 'Show whether this host is connected to its engine, and if not, why.';
  static override readonly description =
    'Needs neither root nor an engine: the agent keeps its state in a file.';
  static override readonly examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override readonly answer =
    'an object: running, network, containers, links, name, state, channel, engine, public_key, tunnel_address, tunnel, since_ms, last_error, remedy, pid, version, written_at_ms';
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status);
    const { agentReport, agentText, runDirectory } = await import('../status-report.js');
    const report = await agentReport(await runDirectory(await this.configPath(flags.config)));
    this.line(agentText(report));
    return report;
  }
}
