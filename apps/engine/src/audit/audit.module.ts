import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { messageOf } from '#errors';
import { awaiting } from '#host';
import { log } from '#log';
import { Actors } from './actors.js';
import { AUDIT_LOG, AuditLog } from './audit-log.js';
import { engineStopped } from './events.js';
import { auditDirectory } from './files.js';
import { KnownClients } from './known-clients.js';
import { RefusalCounts } from './refusal-counts.js';

const OPENED = Symbol('opened');

interface Opened {
  readonly audit: AuditLog;
  readonly known: KnownClients;
  readonly refusals: RefusalCounts;
}

/** The audit log is open before anybody has something to record, and is closed after everybody has. */
@Module({})
export class AuditModule implements OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly opened: Opened) {}

  static forRoot(stateDir: string): DynamicModule {
    const part = <K extends keyof Opened>(name: K) => ({
      inject: [OPENED],
      useFactory: (opened: Opened) => opened[name],
    });
    return {
      module: AuditModule,
      providers: [
        Actors,
        { provide: OPENED, useFactory: () => open(auditDirectory(stateDir)) },
        { provide: AuditLog, ...part('audit') },
        { provide: KnownClients, ...part('known') },
        { provide: RefusalCounts, ...part('refusals') },
      ],
      exports: [Actors, AuditLog, KnownClients, RefusalCounts],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await awaiting('the audit log', this.#close());
  }

  async #close(): Promise<void> {
    const { audit, known, refusals } = this.opened;
    audit.record(engineStopped());
    await refusals.close();
    // What could not be put down is found again at the next start.
    if (!(await audit.close())) return;
    await known.save().catch((error: unknown) => log.say('state.unsaved', messageOf(error)));
  }
}

async function open(directory: string): Promise<Opened> {
  const audit = await AuditLog.open({ ...AUDIT_LOG, directory }, log);
  const known = new KnownClients(directory);
  const fault = await known.read();
  if (fault !== undefined)
    log.say('state.unreadable', `${fault}: who was admitted before this start is not known`);
  return { audit, known, refusals: new RefusalCounts(directory, log) };
}
