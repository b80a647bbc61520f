import { NetworkCommand } from '../network-command.js';

export default class Pending extends NetworkCommand {
  static override readonly summary =
    'List keys that proved themselves to this engine and are not on the whitelist, newest first.';
  static override readonly description =
    'Each with the line that admits it: put its name in the place of NAME, and compare the fingerprint with what `init` printed on the client. The engine remembers the last hundred, until it stops.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    "sudo <%= config.bin %> <%= command.id %> --json | jq -r '.[].add_client'",
  ];
  static override readonly answer =
    'an array: fingerprint, public_key, first_seen, last_seen, times, address, channel, role, former_name, add_client';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Pending);
    const { pendingKey, pendingText } = await import('../pending-keys.js');
    const { keys } = await this.ask(flags.config, (engine) => engine.call('listPending', {}));
    const pending = keys.map(pendingKey);
    this.line(pendingText(pending));
    return pending;
  }
}
