import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import type {
  ActualDevice,
  ActualPeer,
  ArmedChange,
  Change,
  DesiredDevice,
  WireguardDevices,
} from '../device.js';
import { changed } from './device-model.js';

/**
 * The WireGuard interfaces of a host that exists in memory, for the tests of whatever uses the port. Strict:
 * changes that do not follow from the state of the device throw, as {@link changed} says.
 */
export class MemoryDevices implements WireguardDevices {
  /** Every apply so far, oldest first. */
  readonly applied: { readonly name: string; readonly changes: readonly Change[] }[] = [];
  readonly #devices = new Map<string, ActualDevice>();
  readonly #taken = new Map<string, string>();
  #failure: { readonly kind: Change['kind']; readonly error: BanyanError } | undefined;

  get(name: string): Promise<ActualDevice | undefined> {
    return Promise.resolve().then(() => this.#look(name));
  }

  apply(desired: DesiredDevice, changes: readonly Change[]): Promise<void> {
    return Promise.resolve().then(() => this.#apply(desired, changes));
  }

  arm(desired: DesiredDevice, change: Change): Promise<ArmedChange> {
    return Promise.resolve({
      fire: () => this.apply(desired, [change]),
      disarm: () => Promise.resolve(),
    });
  }

  remove(name: string): Promise<void> {
    return Promise.resolve().then(() => {
      this.#look(name);
      this.#devices.delete(name);
    });
  }

  /** From now on the name belongs to something that is not WireGuard. */
  take(name: string, what: string): void {
    this.#taken.set(name, what);
  }

  /** The next change of this kind fails, once. */
  failAt(kind: Change['kind'], error: BanyanError): void {
    this.#failure = { kind, error };
  }

  /** What WireGuard learns by itself about a peer: where it is, when it was heard, how much went by. */
  hear(
    name: string,
    publicKey: PublicKey,
    news: Partial<Omit<ActualPeer, 'publicKey' | 'allowedIps'>>,
  ): void {
    const device = this.#look(name);
    if (!device?.peers.some((peer) => peer.publicKey.equals(publicKey))) {
      throw new Error(`${name} has no peer ${publicKey.text}`);
    }
    const peers = device.peers.map((peer) =>
      peer.publicKey.equals(publicKey) ? { ...peer, ...news } : peer,
    );
    this.#devices.set(name, { ...device, peers });
  }

  /** Somebody changes the interface by hand; undefined: removes it. */
  tamper(name: string, change: (device: ActualDevice) => ActualDevice | undefined): void {
    const device = this.#look(name);
    if (!device) throw new Error(`there is no ${name}`);
    const after = change(device);
    if (after) this.#devices.set(name, after);
    else this.#devices.delete(name);
  }

  #look(name: string): ActualDevice | undefined {
    const what = this.#taken.get(name);
    if (what !== undefined)
      throw new BanyanError('conflict', `the interface name ${name} is taken: it is ${what}`);
    return this.#devices.get(name);
  }

  #apply(desired: DesiredDevice, changes: readonly Change[]): void {
    const { name } = desired;
    this.#look(name);
    const created = changes.some(({ kind }) => kind === 'create');
    for (const change of changes) {
      if (this.#failure?.kind === change.kind) {
        const { error } = this.#failure;
        this.#failure = undefined;
        if (created) this.#devices.delete(name);
        throw error;
      }
      this.#devices.set(name, changed(this.#devices.get(name), desired, change));
    }
    this.applied.push({ name, changes });
  }
}
