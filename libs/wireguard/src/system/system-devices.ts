import { BanyanError, messageOf } from '#errors';
import type { Run } from '#host';
import type {
  ActualDevice,
  ArmableChange,
  ArmedChange,
  Change,
  DesiredDevice,
  WireguardDevices,
} from '../device.js';
import { parseInterfaceName } from '../interface-name.js';
import { applyStep } from './apply-step.js';
import { readDevice } from './read-device.js';
import { stepsOf } from './steps.js';
import { Tools } from './tools.js';
import { Userspace } from './userspace.js';
import { wgConfig } from './wg-config.js';

export interface SystemDevicesOptions {
  readonly run: Run;
  /** For PATH and WG_QUICK_USERSPACE_IMPLEMENTATION; absent: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether systemd keeps userspace implementations alive; absent: whether it runs this host. */
  readonly systemd?: boolean;
}

/** The interfaces of this host, by `ip` and `wg`: the kernel's WireGuard, else one in userspace. */
export function systemDevices({
  run,
  environment = process.env,
  systemd,
}: SystemDevicesOptions): WireguardDevices {
  const tools = new Tools(run);
  const userspace = new Userspace(tools, { environment, ...(systemd === undefined ? {} : { systemd }) });
  return new SystemDevices(tools, userspace);
}

class SystemDevices implements WireguardDevices {
  constructor(
    private readonly tools: Tools,
    private readonly userspace: Userspace,
  ) {}

  async get(name: string): Promise<ActualDevice | undefined> {
    return readDevice(this.tools, parseInterfaceName(name));
  }

  async apply(desired: DesiredDevice, changes: readonly Change[]): Promise<void> {
    parseInterfaceName(desired.name);
    let created = false;
    for (const step of stepsOf(changes)) {
      try {
        await applyStep(this.tools, this.userspace, desired, step);
      } catch (error) {
        throw created ? await this.rollBack(desired.name, error) : error;
      }
      created ||= step.tool === 'single' && step.change.kind === 'create';
    }
  }

  arm({ name, privateKey }: DesiredDevice, change: ArmableChange): Promise<ArmedChange> {
    parseInterfaceName(name);
    return change.kind === 'set-key'
      ? this.tools.armKey(name, privateKey)
      : this.tools.armPeers(name, wgConfig([change.peer]));
  }

  async remove(name: string): Promise<void> {
    const device = await this.get(name);
    if (!device) return;
    await this.tools.deleteLink(name);
    if (device.implementation === 'userspace') await this.userspace.stop(name);
  }

  /** For an interface that was certainly made here: also when no WireGuard answers for it any more. */
  private async removeOwn(name: string): Promise<void> {
    try {
      await this.remove(name);
    } catch (error) {
      if (!(error instanceof BanyanError && error.kind === 'conflict')) throw error;
      await this.tools.deleteLink(name);
      await this.userspace.stop(name);
    }
  }

  /** Removes what this apply created, and returns the failure with that said. */
  private async rollBack(name: string, failure: unknown): Promise<unknown> {
    const outcome = await this.removeOwn(name).then(
      () => `the new interface ${name} was removed again`,
      (error: unknown) => `the new interface ${name} could not be removed again either: ${messageOf(error)}`,
    );
    if (!(failure instanceof BanyanError)) return failure;
    return new BanyanError(failure.kind, `${failure.message}; ${outcome}`, {
      cause: failure.cause,
      ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
    });
  }
}
