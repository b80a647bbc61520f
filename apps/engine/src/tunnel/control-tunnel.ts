import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { merge, type Subscription } from 'rxjs';
import type { EngineSettings } from '#config';
import { ENGINE_TUNNEL_ADDRESS, type PrivateKey } from '#crypto';
import { messageOf } from '#errors';
import { awaiting, run } from '#host';
import { EngineTunnel, systemTunnelHost } from '#tunnel';
import { log } from '#log';
import { EngineKeys } from '../keys/engine-keys.js';
import { FormerKeys } from '../rotation/former-keys.js';
import { SETTINGS } from '../settings.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';

/** Keeps `wg-control` carrying exactly the admitted keys for as long as the engine runs, and leaves it up after. */
@Injectable()
export class ControlTunnel implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #tunnel: EngineTunnel;
  #changes: Subscription | undefined;

  constructor(
    @Inject(SETTINGS) settings: EngineSettings,
    keys: EngineKeys,
    private readonly whitelist: WhitelistService,
    private readonly former: FormerKeys,
  ) {
    this.#tunnel = new EngineTunnel({
      host: systemTunnelHost(run),
      log,
      nameOf: (key) => this.whitelist.snapshot.find(key.text)?.name,
      privateKey: keys.current,
      ports: [settings.grpcPort, ...metricsPort(settings)],
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

  /** Gives it another key, in place; sessions end. Never rejects: what fails is tried again at every pass. */
  async rekey(privateKey: PrivateKey): Promise<void> {
    await this.#tunnel.rekey(privateKey);
  }

  /** @throws BanyanError `conflict` when the interface, its network or its port is somebody else's. */
  async onApplicationBootstrap(): Promise<void> {
    // Before the interface is there: what an earlier run admitted and this whitelist does not must not come back.
    this.#admit();
    this.#changes = merge(this.whitelist.changes, this.former.changes).subscribe(() => this.#admit());
    await this.#tunnel.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#changes?.unsubscribe();
    await awaiting('the control tunnel', this.#tunnel.close());
  }

  /** For a start that fails later: takes the tunnel away if this start made it. Never rejects. */
  async undo(): Promise<void> {
    this.#changes?.unsubscribe();
    try {
      const removal = await this.#tunnel.undo();
      if (removal)
        log.say('tunnel.removed', 'the control tunnel was removed again, for the engine does not start');
    } catch (error) {
      log.say('tunnel.removed', `the control tunnel could not be removed again: ${messageOf(error)}`);
    }
  }

  #admit(): void {
    const keys = Array.from(this.whitelist.snapshot.clients(), ({ publicKey }) => publicKey);
    void this.#tunnel.admit([...keys, ...this.former.all]);
  }
}

/** Of metrics that are to be read through the tunnel. */
function metricsPort({ metricsListen }: EngineSettings): readonly number[] {
  return metricsListen?.host === ENGINE_TUNNEL_ADDRESS ? [metricsListen.port] : [];
}
