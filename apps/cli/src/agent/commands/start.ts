import { BanyanCommand } from '../../base-command.js';

export default class Start extends BanyanCommand {
  static override readonly summary =
    'Run the agent in the foreground until it is told to stop (SIGTERM, SIGINT).';
  static override readonly description = 'The service banyan-agent runs this; logs go to standard error.';
  static override readonly examples = [
    'sudo systemctl start <%= config.bin %>',
    'sudo <%= config.bin %> start',
  ];
  static override readonly enableJsonFlag: boolean = false;
  protected override readonly role = 'agent';

  async run(): Promise<void> {
    const { flags } = await this.parse(Start);
    // Nest is loaded here and nowhere else.
    const { startAgent } = await import('../../../../agent/src/start.js');
    await startAgent(await this.loadSettings('agent', flags.config));
  }
}
