import { CLIENT_LIST_ANSWER, CLIENT_LIST_FLAGS } from '../../client-list.js';
import { OperatorCommand } from '../operator-command.js';

export default class Clients extends OperatorCommand {
  static override readonly summary =
    'List the whitelist of the engine: who is let in, and who is not and why.';
  static override readonly examples = [
    '<%= config.bin %> clients',
    {
      description: 'Those that nobody has used for a month',
      command: '<%= config.bin %> clients --unseen 30d',
    },
    '<%= config.bin %> clients --json',
  ];
  static override readonly flags = CLIENT_LIST_FLAGS;
  static override readonly answer = CLIENT_LIST_ANSWER;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Clients);
    const settings = await this.loadSettings('cli', flags.config);
    const [{ clientTable, listedClient }, { unseen }] = await Promise.all([
      import('../../client-table.js'),
      import('../../unseen.js'),
    ]);
    return this.withEngine(settings, async (engine) => {
      const { clients, directoryError, warnings, remembersSinceMs } = await this.patiently(
        'Asking the engine',
        engine.call('listClients', {}),
      );
      if (directoryError !== '') this.warning(directoryError);
      for (const warning of warnings) this.warning(warning);
      const listed = unseen({ clients: clients.map(listedClient), remembersSinceMs }, flags.unseen);
      if (listed.warning !== undefined) this.warning(listed.warning);
      this.line(clientTable(listed.clients, listed.nobody));
      return listed.clients;
    });
  }
}
