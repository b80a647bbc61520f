import { DownCommand } from '../../down-command.js';

export default class Down extends DownCommand {
  static override readonly summary =
    'Take the control tunnel down; agents and operators fall back to direct TCP.';
  static override readonly description =
    'Stop the engine first: while it runs, it brings the tunnel up again.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %>'];
  static override readonly answer = 'an object: tunnel';
  protected override readonly role = 'engine';

  async run(): Promise<unknown> {
    const settings = await this.loadSettings('engine', (await this.parse(Down)).flags.config);
    await this.requireRoot();
    const { isRunning } = await import('../admin-socket.js');
    if (await isRunning(settings)) {
      this.warning('the engine is running and brings the tunnel up again; stop it first');
    }
    return this.takeTunnelDown('engine', settings);
  }
}
