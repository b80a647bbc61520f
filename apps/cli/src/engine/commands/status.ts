import { EngineCommand } from '../engine-command.js';

export default class Status extends EngineCommand {
  static override readonly summary = 'Show whether the engine runs, its key, its tunnel and its whitelist.';
  static override readonly examples = [
    'sudo <%= config.bin %> status',
    'sudo <%= config.bin %> status --json',
  ];
  static override readonly answer =
    'an object: running, version, public_key, fingerprint, previous_key, started_at_ms, grpc_port, tunnel, store_backend, header_auth, whitelist, agents, connections, network, warnings';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status);
    const settings = await this.loadSettings('engine', flags.config);
    const { engineReport, engineText } = await import('../status-report.js');
    return this.withEngine(settings, async (engine) => {
      const report = await engineReport(settings, engine);
      this.line(engineText(report));
      for (const warning of report.warnings) this.warning(warning);
      return report;
    });
  }
}
