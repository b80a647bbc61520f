import { NetworkCommand } from '../network-command.js';

export default class Adopt extends NetworkCommand {
  static override readonly summary =
    "Confirm that this engine's store takes the place of one that was lost, so that agents follow it.";
  static override readonly description =
    'Agents that know the network of another store keep it until then: a lost store does not tear the network down.';
  static override readonly examples = ['sudo <%= config.bin %> <%= command.id %>'];
  static override readonly answer = 'an object: store_id, told';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Adopt);
    const { storeId, told } = await this.ask(flags.config, (engine) => engine.call('adopt', {}));
    this.line(`Store ${storeId} is adopted.`);
    this.line(
      told.length > 0
        ? `  told: ${told.join(', ')}`
        : '  no agent that is connected had kept another network',
    );
    return { store_id: storeId, told };
  }
}
