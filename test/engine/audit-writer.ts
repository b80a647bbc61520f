import { SILENT } from '#log';
/** Writes to the audit log in argv[2] until it is killed, and prints the number of each line once it is on the disk. */
import { AuditLog } from '../../apps/engine/src/audit/audit-log.js';
import { subnetReleased } from '../../apps/engine/src/audit/events.js';

const extent = { fileBytes: 20_000, files: 1_000, waiting: 1_000, retry: 1_000, sayHeadEvery: 60_000 };
const log = await AuditLog.open({ ...extent, directory: process.argv[2]! }, SILENT);
for (;;) {
  for (let index = 0; index < 5; index++) log.record(subnetReleased(`worker-${index}`, '10.201.0.0/24'));
  await log.written();
  process.stdout.write(`${log.head.seq} ${log.head.hash}\n`);
}
