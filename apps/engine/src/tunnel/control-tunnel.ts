import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { EngineSettings } from '#config';
import { run } from '#host';
import { EngineTunnel, systemTunnelHost } from '#tunnel';
import { SETTINGS } from '../settings.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';

/** Keeps `wg-control` carrying exactly the admitted keys for as long as the engine runs, and leaves it up after. */
@Injectable()
export class ControlTunnel implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #tunnel: EngineTunnel;
  #changes: Subscription | undefined;

  constructor(
    @Inject(SETTINGS) settings: EngineSettings,
    private readonly whitelist: WhitelistService,
  ) {
    const logger = new Logger('tunnel');
    const log = {
      info: (message: string): void => logger.log(message),
      warn: (message: string): void => logger.warn(message),
      error: (message: string): void => logger.error(message),
    };
    this.#tunnel = new EngineTunnel({
      host: systemTunnelHost(run),
      log,
      privateKey: settings.privateKey,
      grpcPort: settings.grpcPort,
      listenPort: settings.wgListenPort,
    });
  }

  get up(): boolean {
    return this.#tunnel.state.up;
  }

  /** Whether the rules that make an address of the tunnel worth believing are in place. */
  get guarded(): boolean {
    return this.#tunnel.state.guarded;
  }

  get detail(): string {
    const { detail, remedy } = this.#tunnel.state;
    return remedy === undefined ? detail : `${detail}. Try: ${remedy}`;
  }

  /** Where WireGuard last heard from its peers, by key (`PublicKey.text`). @throws BanyanError `host`. */
  endpoints(): Promise<ReadonlyMap<string, string>> {
    return this.#tunnel.endpoints();
  }

  /** @throws BanyanError `conflict` when the interface, its network or its port is somebody else's. */
  async onApplicationBootstrap(): Promise<void> {
    // Before the interface is there: what an earlier run admitted and this whitelist does not must not come back.
    this.#admit();
    this.#changes = this.whitelist.changes.subscribe(() => this.#admit());
    await this.#tunnel.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#changes?.unsubscribe();
    await this.#tunnel.close();
  }

  #admit(): void {
    const keys = Array.from(this.whitelist.snapshot.clients(), ({ publicKey }) => publicKey);
    void this.#tunnel.admit(keys);
  }
}
