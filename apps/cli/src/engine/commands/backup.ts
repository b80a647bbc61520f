import { StoreCommand } from '../store-command.js';

export default class Backup extends StoreCommand {
  static override readonly summary =
    "Write what the engine's store holds into one file; the engine may run meanwhile.";
  static override readonly description =
    'Agents and their subnets are in it. The whitelist and banyan.yaml are not: copy /etc/banyan too.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %> --file /root/banyan.backup',
    'sudo <%= config.bin %> <%= command.id %> --file /root/banyan.backup --json',
  ];
  static override readonly answer = 'an object: file, made_at, entries, agents, subnets';
  static override readonly flags = {
    file: this.fileFlag('where to write it; a backup that is there is replaced'),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Backup);
    const settings = await this.loadSettings('engine', flags.config);
    const [{ takeBackup }, { writeBackup }, { storeOptions }, { storeContents }] = await Promise.all([
      import('../../../../engine/src/backup/take-backup.js'),
      import('../../../../engine/src/backup/backup-file.js'),
      import('../../../../engine/src/store/open.js'),
      import('../store-contents.js'),
    ]);
    const backup = await takeBackup(storeOptions(settings), this.storeLog);
    await writeBackup(flags.file, backup);
    const { agents, subnets, phrase } = storeContents(backup.entries);
    this.line(`The store is in ${flags.file}: ${phrase}.`);
    this.line(`  not in it: the whitelist (${settings.whitelistedKeysDir}) and ${settings.configPath}`);
    return { file: flags.file, made_at: backup.madeAt, entries: backup.entries.length, agents, subnets };
  }
}
