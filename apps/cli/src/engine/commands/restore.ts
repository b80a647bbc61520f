import { boolean } from '@oclif/core/flags';
import type { EngineSettings } from '#config';
import { StoreCommand } from '../store-command.js';

export default class Restore extends StoreCommand {
  static override readonly summary =
    "Make the engine's store hold what a backup holds; the engine is stopped.";
  static override readonly description =
    'Agents that know more than the backup keep their network until `banyan-engine adopt`. The whitelist is not in a backup and stays as it is.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %> --file /root/banyan.backup',
    'sudo <%= config.bin %> <%= command.id %> --file /root/banyan.backup --force',
  ];
  static override readonly answer = 'an object: file, made_at, entries, agents, subnets';
  static override readonly flags = {
    file: this.fileFlag('a file that `banyan-engine backup` has written'),
    force: boolean({ description: 'replace what the store holds; without it, only an empty one is filled' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Restore);
    const settings = await this.loadSettings('engine', flags.config);
    const [{ readBackup }, { restore }, { openStore, storeOptions }, { storeContents }] = await Promise.all([
      import('../../../../engine/src/backup/backup-file.js'),
      import('../../../../engine/src/backup/restore.js'),
      import('../../../../engine/src/store/open.js'),
      import('../store-contents.js'),
    ]);
    const backup = await readBackup(flags.file);
    await this.refuseRunningEngine(settings);
    const store = await openStore(storeOptions(settings), this.storeLog);
    try {
      const onWait = (trace: string, limitMs: number): void => this.waiting(trace, limitMs);
      await restore(store, backup, { force: flags.force, onWait });
    } finally {
      await store.close();
    }
    await this.putDown(settings, flags.file, backup.madeAt, backup.entries.length);
    const { agents, subnets, phrase } = storeContents(backup.entries);
    this.line(`The store holds what ${flags.file} held at ${backup.madeAt}: ${phrase}.`);
    this.line('  next: start the engine; `banyan-engine status` shows who waits for `banyan-engine adopt`');
    return { file: flags.file, made_at: backup.madeAt, entries: backup.entries.length, agents, subnets };
  }

  /** The engine is stopped, so that nobody else writes the audit log; one that cannot be written undoes no restore. */
  private async putDown(
    settings: EngineSettings,
    file: string,
    madeAt: string,
    entries: number,
  ): Promise<void> {
    const [{ AUDIT_LOG, AuditLog }, { storeRestored }, { auditDirectory }, { messageOf }] = await Promise.all(
      [
        import('../../../../engine/src/audit/audit-log.js'),
        import('../../../../engine/src/audit/events.js'),
        import('../../../../engine/src/audit/files.js'),
        import('#errors'),
      ],
    );
    try {
      const audit = await AuditLog.open(
        { ...AUDIT_LOG, directory: auditDirectory(settings.stateDir) },
        this.storeLog,
      );
      audit.record(storeRestored(file, madeAt, entries));
      await audit.close();
    } catch (error) {
      this.warning(`the restore is not in the audit log: ${messageOf(error)}`);
    }
  }

  private async refuseRunningEngine(settings: EngineSettings): Promise<void> {
    await this.withEngine(settings, async (engine) => {
      if (engine === undefined) return;
      const { BanyanError } = await import('#errors');
      throw new BanyanError('conflict', 'the engine is running here', {
        remedy: 'sudo systemctl stop banyan-engine',
      });
    });
  }

  private waiting(trace: string, limitMs: number): void {
    const limit = `at most ${Math.ceil(limitMs / 1_000)} s`;
    process.stderr.write(`Note: waiting, ${limit}, to see whether an engine still runs: ${trace}\n`);
  }
}
