import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '#errors';
import type { Tools } from './tools.js';

/** In the order in which they are tried. */
const PROGRAMS = ['wireguard-go', 'boringtun-cli'];
const SYSTEMD = '/run/systemd/system';
/** Milliseconds that an implementation has to answer after its start, or to be gone after its interface. */
const PATIENCE = 5_000;
const INTERVAL = 20;

export interface UserspaceOptions {
  /** PATH, and WG_QUICK_USERSPACE_IMPLEMENTATION as wg-quick(8) knows it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Whether systemd runs this host; absent: found out. */
  readonly systemd?: boolean;
}

/**
 * WireGuard where the kernel has none: a program that owns a TUN device. It must not die with us, so systemd
 * runs it as a unit of its own where it can; elsewhere it is detached.
 */
export class Userspace {
  constructor(
    private readonly tools: Tools,
    private readonly options: UserspaceOptions,
  ) {}

  /** @throws BanyanError `host` when there is no implementation, or it does not start. */
  async start(name: string): Promise<void> {
    const program = await this.find();
    if (!program) throw noImplementation(name);
    if (await this.hasUnit()) await this.tools.startUnit(name);
    else await this.tools.startDetached(program, name, this.path);
    try {
      await this.until(name, 'answers', `\`${program}\` was started but does not answer for ${name}`);
    } catch (error) {
      await this.tools.deleteLink(name);
      throw error;
    }
  }

  /** Waits for the process to follow its interface, which is gone. */
  async stop(name: string): Promise<void> {
    if (await this.hasUnit()) await this.tools.stopUnit(name);
    await this.until(
      name,
      'is gone',
      `the userspace WireGuard of ${name} still answers after its interface was removed`,
    );
  }

  private async hasUnit(): Promise<boolean> {
    const systemd = this.options.systemd ?? (await exists(SYSTEMD, constants.F_OK));
    return systemd && (await this.tools.unitIsInstalled());
  }

  private async find(): Promise<string | undefined> {
    const chosen = this.options.environment.WG_QUICK_USERSPACE_IMPLEMENTATION;
    for (const program of chosen ? [chosen] : PROGRAMS) {
      const places = program.includes('/')
        ? [program]
        : this.path.split(delimiter).map((place) => join(place, program));
      for (const place of places) if (await exists(place, constants.X_OK)) return place;
    }
    return undefined;
  }

  private get path(): string {
    return this.options.environment.PATH ?? '';
  }

  private async until(name: string, state: 'answers' | 'is gone', otherwise: string): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (((await this.tools.dump(name)) !== undefined) !== (state === 'answers')) {
      if (performance.now() > deadline) throw new BanyanError('host', otherwise);
      await delay(INTERVAL);
    }
  }
}

function exists(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function noImplementation(name: string): BanyanError {
  return new BanyanError(
    'host',
    `there is no WireGuard for ${name}: neither in this kernel nor as a program`,
    {
      remedy: 'apt-get install wireguard-go, or boot a kernel with WireGuard.',
    },
  );
}
