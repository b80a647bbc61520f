import { string } from '@oclif/core/flags';
import { EngineCommand } from '../engine-command.js';

export default class RemoveClient extends EngineCommand {
  static override readonly summary =
    'Revoke a client: remove its key from the whitelist, and close its connections.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %> --name worker-1'];
  static override readonly flags = {
    name: string({
      required: true,
      description: 'name of the client, as list-clients shows it',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(RemoveClient);
    const settings = await this.loadSettings('engine', flags.config);
    const { removeClient } = await import('../clients.js');
    return this.withEngine(settings, async (engine) => {
      const removed = await removeClient(settings, engine, flags.name);
      if (engine === undefined) this.notRunning('the file is removed.');
      this.line(`${removed.name} is revoked: ${removed.fingerprint ?? 'its file held no usable key'}`);
      if (removed.connections_closed !== null)
        this.line(`  connections closed: ${removed.connections_closed}`);
      return removed;
    });
  }
}
