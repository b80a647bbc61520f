import { SILENT } from '#log';
/**
 * Gives out subnets of the embedded store in argv[2], and frees some, until it is killed. Prints `+ AGENT SUBNET`
 * once an agent has one, `? AGENT` before and `- AGENT` after it is released.
 */
import { Subnet } from '#network';
import { Leases } from '../../apps/engine/src/network/leases.js';
import { EmbeddedStore } from '../../apps/engine/src/store/embedded/embedded-store.js';

const store = await EmbeddedStore.open(process.argv[2]!, SILENT);
const leases = new Leases(store, { vpcCidr: Subnet.parse('10.128.0.0/10'), subnetPrefix: 26 });
await leases.onModuleInit();

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Several at once, so that transactions carry one lease and more than one. */
async function work(): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${process.pid}-${Math.random().toString(36).slice(2)}`;
    say(`+ ${id} ${(await leases.assign(id, id, [])).text}`);
    if (n % 3 > 0) continue;
    say(`? ${id}`);
    await leases.release(id);
    say(`- ${id}`);
  }
}
await Promise.all([work(), work(), work(), work()]);
