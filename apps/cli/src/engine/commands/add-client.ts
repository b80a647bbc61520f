import { boolean, string } from '@oclif/core/flags';
import { parseDuration } from '../../duration.js';
import { EngineCommand } from '../engine-command.js';

const DEFAULT_WAIT = '5m';

export default class AddClient extends EngineCommand {
  static override readonly summary = 'Let an agent or an operator in: add its public key to the whitelist.';
  static override readonly description =
    'The exact line is what `init` prints on the agent or operator host.';
  static override readonly examples = [
    "sudo <%= config.bin %> <%= command.id %> --name worker-1 --pubkey 'KEY'",
    "sudo <%= config.bin %> <%= command.id %> --name worker-1 --pubkey 'KEY' --role agent --engine 'SHA256:…' --wait",
    {
      description: 'An operator who leaves in January',
      command:
        "sudo <%= config.bin %> <%= command.id %> --name ada-cli --pubkey 'KEY' --role cli --expires 2027-01-31 --note 'contract 12'",
    },
  ];
  static override readonly answer =
    'an object: name, public_key, fingerprint, tunnel_address, path; with --wait also connected';
  static override readonly flags = {
    name: string({
      required: true,
      description: 'display name: letters, digits, ".", "_", "-"',
      helpValue: 'NAME',
    }),
    pubkey: string({ required: true, description: 'public key of the client', helpValue: 'KEY' }),
    role: string({
      options: ['agent', 'cli', 'any'],
      description: 'what the key is for: an agent, banyan-cli, or both (default: any)',
    }),
    expires: string({
      description: 'last day of the key, UTC, as 2027-01-31; or never (default)',
      helpValue: 'DATE',
    }),
    note: string({ description: 'one line that list-clients shows', helpValue: 'TEXT' }),
    replace: boolean({
      description:
        'give a name that exists this key; its old key is revoked, and its role, expiry and note stay unless given',
    }),
    engine: string({
      description: "fingerprint of the engine that the client expects; refused when it is not this engine's",
      helpValue: 'FINGERPRINT',
    }),
    wait: boolean({
      description: `wait until the client has connected; --wait=90s says how long (default ${DEFAULT_WAIT})`,
    }),
    'wait-for': string({ hidden: true, dependsOn: ['wait'] }),
  };

  async run(): Promise<unknown> {
    // oclif has no flag whose value is optional.
    const argv = this.argv.flatMap((arg) =>
      arg.startsWith('--wait=') ? ['--wait', arg.replace('wait', 'wait-for')] : [arg],
    );
    const { flags } = await this.parse(AddClient, argv);
    const waitMs = flags.wait ? parseDuration(flags['wait-for'] ?? DEFAULT_WAIT, 'wait') : undefined;
    const settings = await this.loadSettings('engine', flags.config);
    const { addClient, awaitClient } = await import('../clients.js');
    return this.withEngine(settings, async (engine) => {
      const added = await addClient(settings, engine, { ...flags, waits: flags.wait });
      if (engine === undefined) this.notRunning(`${added.name} is let in when one starts.`);
      this.line(`${added.name} is on the whitelist: ${added.path}`);
      this.line(`  key ${added.fingerprint}, tunnel address ${added.tunnel_address}`);
      if (engine === undefined || waitMs === undefined) return added;
      this.line(`Waiting for ${added.name} to connect …`);
      const arrival = await awaitClient(engine, added.name, waitMs);
      this.line(`${added.name} connected ${arrival.phrase}`);
      return { ...added, connected: { channel: arrival.channel, after_ms: arrival.afterMs } };
    });
  }
}
