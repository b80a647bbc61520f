import { EngineCommand } from '../engine-command.js';

export default class ListClients extends EngineCommand {
  static override readonly summary =
    'List every key file of the whitelist: who is let in, and who is not and why.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    'sudo <%= config.bin %> <%= command.id %> --json | jq -r \'.[] | select(.state != "admitted") | .reason\'',
  ];
  static override readonly answer =
    'an array: name, public_key, tunnel_address, state, role, expires, note, reason';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ListClients);
    const settings = await this.loadSettings('engine', flags.config);
    const [{ clients: list }, { clientTable }] = await Promise.all([
      import('../clients.js'),
      import('../../client-table.js'),
    ]);
    return this.withEngine(settings, async (engine) => {
      const { clients, directoryError, warnings } = await list(settings, engine);
      if (engine === undefined) this.notRunning('this is what one would let in.');
      if (directoryError !== '') this.warning(directoryError);
      for (const warning of warnings) this.warning(warning);
      this.line(clientTable(clients));
      return clients;
    });
  }
}
