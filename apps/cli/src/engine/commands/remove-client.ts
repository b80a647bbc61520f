import { string } from '@oclif/core/flags';
import { EngineCommand } from '../engine-command.js';

export default class RemoveClient extends EngineCommand {
  static override readonly summary =
    'Revoke a client: remove its key from the whitelist, and close its connections.';
  static override readonly description =
    'Waits until every agent that is online has taken the key out of its network, and says who has. Agents that are offline do so when they return. Fails when one that is online has not answered in time; the key is revoked even so. A client is not removed while another file holds its key, which would be admitted by that one: remove the copy first.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %> --name worker-1',
    "sudo <%= config.bin %> <%= command.id %> --name worker-1 --wait 30s --json | jq '.pending'",
  ];
  static override readonly answer =
    'an object: name, public_key, fingerprint, expired, copy_of, connections_closed, applied, pending, offline, refused, published, milliseconds';
  static override readonly flags = {
    name: string({
      required: true,
      description: 'name of the client, as list-clients shows it',
      helpValue: 'NAME',
    }),
    wait: string({
      default: '5s',
      description: 'how long to wait for agents that are online',
      helpValue: 'DURATION',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(RemoveClient);
    const settings = await this.loadSettings('engine', flags.config);
    const { parseDuration } = await import('../../duration.js');
    const { receiptOf, removalOf, removeClient, unanswered } = await import('../clients.js');
    const waitMs = parseDuration(flags.wait, 'wait');
    return this.withEngine(settings, async (engine) => {
      const removing = removeClient(settings, engine, flags.name, waitMs);
      const removed = await this.patiently('Waiting for the agents', removing);
      if (engine === undefined) this.notRunning('the file is removed.');
      this.line(removalOf(removed));
      if (removed.connections_closed !== null)
        this.line(`  connections closed: ${removed.connections_closed}`);
      if (engine !== undefined && removed.expired === null && removed.copy_of === null)
        this.line(receiptOf(removed));
      // Said in the report, which is not an error's: the key is revoked.
      if (unanswered(removed).length > 0 || removed.published) process.exitCode = 1;
      return removed;
    });
  }
}
