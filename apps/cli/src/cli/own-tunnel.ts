import { readFile, rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { TunnelPath, TunnelReport } from '#channel';
import type { CliSettings } from '#config';
import { tunnelAddress } from '#crypto';
import { makeDirectory, writeFileAtomic } from '#host';
import { SILENT } from '#log';

/** How long a tunnel that was found in order is taken to be so, ms. */
const TRUST_MS = 60_000;

type Peer = Parameters<TunnelPath['up']>[0];

/**
 * The operator's end of the control tunnel; what a command brings up stays for the next one.
 *
 * To look at an interface, its routes and its firewall rules takes several programs and longer than all the
 * rest of a command. So a tunnel that a command of the last minute found in order is used without a look, as
 * long as its address is there. That risks nothing but time: both ends prove their keys inside the tunnel
 * too, and when it does not answer, the next command looks again.
 */
export class OwnTunnel implements TunnelPath {
  readonly #record: string;

  constructor(private readonly settings: CliSettings) {
    this.#record = join(settings.stateDir, 'tunnel-in-order');
  }

  async up(peer: Peer): Promise<TunnelReport> {
    // The spec: the tunnel is enabled by telling a component the engine's key.
    if (this.settings.engineKey === undefined)
      return { up: false, detail: 'off until engine_wg_public_key is set' };
    if (await this.#wasInOrder(peer)) return { up: true, detail: '' };
    const report = await this.#settle(peer);
    if (report.up) await this.#remember(peer);
    return report;
  }

  /** Makes the next command look. */
  async forget(): Promise<void> {
    await rm(this.#record, { force: true });
  }

  async #settle(peer: Peer): Promise<TunnelReport> {
    const [{ ClientTunnel, systemTunnelHost }, { run }] = await Promise.all([
      import('#tunnel'),
      import('#host'),
    ]);
    const { privateKey } = this.settings;
    // The state of the tunnel is part of what commands report.
    return new ClientTunnel({ host: systemTunnelHost(run), log: SILENT, role: 'cli', privateKey }).up(peer);
  }

  async #wasInOrder(peer: Peer): Promise<boolean> {
    const own = tunnelAddress(this.settings.privateKey.publicKey);
    const addresses = networkInterfaces()['wg-control'] ?? [];
    if (!addresses.some(({ address }) => address === own)) return false;
    const text = await readFile(this.#record, 'utf8').catch(() => '');
    const [, seen, of] = /^([0-9]{13}) (.*)\n$/.exec(text) ?? [];
    const age = Date.now() - Number(seen);
    return of === this.#describe(peer) && age >= 0 && age < TRUST_MS;
  }

  async #remember(peer: Peer): Promise<void> {
    try {
      await makeDirectory(this.settings.stateDir, 0o700);
      await writeFileAtomic(this.#record, `${Date.now()} ${this.#describe(peer)}\n`);
    } catch {
      // The next command takes longer, no more.
    }
  }

  /** All that a tunnel depends on. */
  #describe({ engineKey, engineEndpoint }: Peer): string {
    return `${this.settings.privateKey.publicKey.text} ${engineKey.text} ${engineEndpoint}`;
  }
}
