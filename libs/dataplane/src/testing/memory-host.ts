import { MemoryFirewall } from '../../../firewall/src/testing/memory-firewall.js';
import { MemoryDevices } from '../../../wireguard/src/testing/memory-devices.js';
import type { DockerChain, DockerStep, DockerUser } from '../docker/docker-user.js';
import type { Guard, GuardStore } from '../guard.js';
import type {
  HostNetwork,
  HostRoute,
  Link,
  NetworkStep,
  RoutingRule,
  Surroundings,
} from '../host-network.js';
import type { Kernel, KernelKey, KernelSettings } from '../kernel-settings.js';
import type { DataPlaneHost } from '../system/data-plane-host.js';

const ETHERNET: Link = { index: 2, name: 'eth0', kind: 'ether', mtu: 1500, up: true, addresses: [] };

/**
 * A host that exists in memory, and keeps a journal of what is done to it. Its network is what the test says, and
 * does not follow what is done.
 */
export class MemoryHost implements DataPlaneHost {
  readonly journal: string[] = [];
  readonly devices = new MemoryDevices();
  readonly firewall = new MemoryFirewall();
  readonly network = new JournaledNetwork(this.journal);
  readonly kernel = new JournaledKernel(this.journal);
  readonly guard = new MemoryGuard(this.journal);
  readonly docker = new JournaledDocker(this.journal);
  readonly forwarding = {
    noted: false,
    wasOff: () => Promise.resolve(this.forwarding.noted),
    noteWasOff: () => {
      this.journal.push('note that forwarding was off');
      this.forwarding.noted = true;
      return Promise.resolve();
    },
  };

  constructor() {
    const { devices, firewall, journal } = this;
    const [apply, ensure] = [devices.apply.bind(devices), firewall.ensure.bind(firewall)];
    devices.apply = (desired, changes) => {
      journal.push(...changes.map(({ kind }) => kind));
      return apply(desired, changes);
    };
    firewall.ensure = (table) => {
      journal.push(`table ${table.name}`);
      return ensure(table);
    };
  }

  readonly greet = (addresses: readonly string[]): void => {
    this.journal.push(`greet ${addresses.join(' ')}`);
  };

  follow(): never {
    throw new Error('nothing is followed here');
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

class JournaledNetwork implements HostNetwork {
  links: Link[] = [ETHERNET];
  routes: HostRoute[] = [];
  rules: RoutingRule[] = [];

  constructor(private readonly journal: string[]) {}

  read(): Promise<Surroundings> {
    return Promise.resolve({ links: this.links, routes: this.routes, rules: this.rules });
  }

  carryOut(steps: readonly NetworkStep[]): Promise<void> {
    this.journal.push(...steps.map(({ line }) => line));
    return Promise.resolve();
  }
}

class MemoryGuard implements GuardStore {
  kept: Guard | undefined;
  failure: Error | undefined;

  constructor(private readonly journal: string[]) {}

  read(): Promise<Guard | undefined> {
    return Promise.resolve(this.kept);
  }

  write(guard: Guard): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.journal.push('keep the guard');
    this.kept = guard;
    return Promise.resolve();
  }

  remove(): Promise<boolean> {
    const had = this.kept !== undefined;
    this.kept = undefined;
    return Promise.resolve(had);
  }
}

class JournaledDocker implements DockerUser {
  chain: DockerChain = 'no iptables';
  failure: Error | undefined;

  constructor(private readonly journal: string[]) {}

  read(): Promise<DockerChain> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.chain);
  }

  carryOut(steps: readonly DockerStep[]): Promise<void> {
    this.journal.push(...steps.map(({ what }) => what));
    return Promise.resolve();
  }
}

class JournaledKernel implements Kernel {
  settings: KernelSettings = { forwarding: false, reversePath: 0 };
  failure: Error | undefined;

  constructor(private readonly journal: string[]) {}

  read(): Promise<KernelSettings> {
    return Promise.resolve(this.settings);
  }

  set(key: KernelKey, value: number): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.journal.push(`${key}=${value}`);
    if (key === 'net.ipv4.ip_forward') this.settings = { ...this.settings, forwarding: value === 1 };
    return Promise.resolve();
  }
}
