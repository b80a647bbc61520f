import { OperatorCommand } from '../operator-command.js';

export default class Status extends OperatorCommand {
  static override readonly summary = 'Show the path to the engine, who it takes you for, and its key.';
  static override readonly description =
    "As root and with the engine's key, the path is the control tunnel, which stays up for the next call.";
  static override readonly examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override readonly answer = 'an object: channel, identity, round_trip_ms, engine, tunnel, agents';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status);
    const settings = await this.loadSettings('cli', flags.config);
    const { operatorReport, operatorText } = await import('../status-report.js');
    return this.withEngine(settings, async (engine) => {
      const report = await operatorReport(settings, engine);
      this.line(operatorText(report));
      return report;
    });
  }
}
