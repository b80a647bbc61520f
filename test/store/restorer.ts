/** Restores the backup `DIR/backup` into the embedded store in DIR = argv[2], again and again until it is killed. */
import { join } from 'node:path';
import { SILENT } from '#log';
import { readBackup } from '../../apps/engine/src/backup/backup-file.js';
import { restore } from '../../apps/engine/src/backup/restore.js';
import { EmbeddedStore } from '../../apps/engine/src/store/embedded/embedded-store.js';

const directory = process.argv[2]!;
const backup = await readBackup(join(directory, 'backup'));
const store = await EmbeddedStore.open(directory, SILENT);
process.stdout.write('restoring\n');
for (;;) await restore(store, backup, { force: true });
