import { ENGINE_FLAGS, InitCommand } from '../../init/init-command.js';

export default class Init extends InitCommand {
  static override readonly summary =
    'Set up the engine: make a key pair, banyan.yaml and the whitelist directory.';
  static override readonly description =
    'Asks on a terminal for what flags and an existing banyan.yaml do not say. Run again, it replaces the key pair: on a terminal it asks first, and --keep leaves the pair as it is.';
  static override readonly examples = [
    'sudo <%= config.bin %> init',
    'sudo <%= config.bin %> init --grpc-port 6000 --store-backend etcd --store-address http://10.0.0.5:2379',
    {
      description: 'For configuration management: change nothing that is right',
      command: 'sudo <%= config.bin %> init --keep --json',
    },
  ];
  static override readonly flags = ENGINE_FLAGS;
  protected override readonly role = 'engine';

  async run(): Promise<unknown> {
    return this.setUp((await this.parse(Init)).flags);
  }
}
