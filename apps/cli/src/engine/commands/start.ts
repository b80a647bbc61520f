import { BanyanCommand } from '../../base-command.js';

export default class Start extends BanyanCommand {
  static override readonly summary =
    'Run the engine in the foreground until it is told to stop (SIGTERM, SIGINT).';
  static override readonly description = 'The service banyan-engine runs this; logs go to standard error.';
  static override readonly examples = [
    'sudo systemctl start <%= config.bin %>',
    'sudo <%= config.bin %> start',
  ];
  static override readonly enableJsonFlag: boolean = false;
  protected override readonly role = 'engine';

  async run(): Promise<void> {
    const { flags } = await this.parse(Start);
    // Nest is loaded here and nowhere else.
    const { startEngine } = await import('../../../../engine/src/start.js');
    await startEngine(await this.loadSettings('engine', flags.config));
  }
}
