import { SILENT } from '#log';
/** Writes to the embedded store in argv[2] until it is killed, and prints each number once it is committed. */
import { EmbeddedStore } from '../../apps/engine/src/store/embedded/embedded-store.js';

const store = await EmbeddedStore.open(process.argv[2]!, SILENT);
let number = Number((await store.get('a'))?.value ?? 0);

/** Several at once, so that commits carry one and more than one. */
async function write(): Promise<void> {
  for (;;) {
    const value = String((number += 1));
    await store.transact(
      [],
      [
        { kind: 'put', key: 'a', value },
        { kind: 'put', key: `padding/${number % 200}`, value: 'x'.repeat(300) },
        { kind: 'put', key: 'b', value },
      ],
    );
    process.stdout.write(`${value}\n`);
  }
}
await Promise.all([write(), write(), write()]);
