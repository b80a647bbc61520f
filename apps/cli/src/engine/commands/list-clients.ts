import { CLIENT_LIST_ANSWER, CLIENT_LIST_FLAGS } from '../../client-list.js';
import { EngineCommand } from '../engine-command.js';

export default class ListClients extends EngineCommand {
  static override readonly summary =
    'List every key file of the whitelist: who is let in, and who is not and why.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    {
      description: 'Those that nobody has used for a month',
      command: 'sudo <%= config.bin %> <%= command.id %> --unseen 30d',
    },
    'sudo <%= config.bin %> <%= command.id %> --json | jq -r \'.[] | select(.state != "admitted") | .reason\'',
  ];
  static override readonly flags = CLIENT_LIST_FLAGS;
  static override readonly answer = CLIENT_LIST_ANSWER;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ListClients);
    const settings = await this.loadSettings('engine', flags.config);
    const [{ clients: list }, { clientTable }, { unseen }] = await Promise.all([
      import('../clients.js'),
      import('../../client-table.js'),
      import('../../unseen.js'),
    ]);
    return this.withEngine(settings, async (engine) => {
      const { directoryError, warnings, ...seen } = await list(settings, engine);
      if (engine === undefined) this.notRunning('this is what one would let in.');
      if (directoryError !== '') this.warning(directoryError);
      for (const warning of warnings) this.warning(warning);
      const listed = unseen(seen, flags.unseen);
      if (listed.warning !== undefined) this.warning(listed.warning);
      this.line(clientTable(listed.clients, listed.nobody));
      return listed.clients;
    });
  }
}
