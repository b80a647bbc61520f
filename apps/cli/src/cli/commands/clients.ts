import { OperatorCommand } from '../operator-command.js';

export default class Clients extends OperatorCommand {
  static override readonly summary =
    'List the whitelist of the engine: who is let in, and who is not and why.';
  static override readonly examples = ['<%= config.bin %> clients', '<%= config.bin %> clients --json'];
  static override readonly answer =
    'an array: name, public_key, tunnel_address, state, role, expires, note, reason';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Clients);
    const settings = await this.loadSettings('cli', flags.config);
    const { clientTable, listedClient } = await import('../../client-table.js');
    return this.withEngine(settings, async (engine) => {
      const { clients, directoryError, warnings } = await engine.call('listClients', {});
      if (directoryError !== '') this.warning(directoryError);
      for (const warning of warnings) this.warning(warning);
      const listed = clients.map(listedClient);
      this.line(clientTable(listed));
      return listed;
    });
  }
}
