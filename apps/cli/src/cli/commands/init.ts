import { CLIENT_FLAGS, InitCommand } from '../../init/init-command.js';

export default class Init extends InitCommand {
  static override readonly summary =
    'Set up the operator command line: make a key pair and write banyan.yaml.';
  static override readonly description =
    'Asks on a terminal for what flags and an existing banyan.yaml do not say. Run again, it replaces the key pair: on a terminal it asks first, and --keep leaves the pair as it is.';
  static override readonly examples = [
    '<%= config.bin %> init',
    "<%= config.bin %> init --engine-host 192.168.1.10 --engine-wg-public-key 'KEY'",
    {
      description: 'For configuration management: change nothing that is right',
      command: '<%= config.bin %> init --keep --json',
    },
  ];
  static override readonly flags = CLIENT_FLAGS;
  protected override readonly role = 'cli';

  async run(): Promise<unknown> {
    return this.setUp((await this.parse(Init)).flags);
  }
}
