import type { Account, Host } from '../lab/index.js';

const PLUGINS = '/usr/lib/cni';
const CONFLIST = '/etc/cni/net.d/90-banyan.conflist';

interface Plugin {
  readonly type: string;
  readonly capabilities?: Record<string, boolean>;
}

interface Conflist {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Plugin[];
}

export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

interface Attachment {
  /** Absent for the first plugin. */
  readonly prevResult: unknown;
  readonly portMappings: readonly PortMapping[];
}

export interface CniContainer {
  readonly id: string;
  readonly address: string;
  readonly inside: Account;
}

/**
 * A CNI runtime, as containerd is one: it has the plugins of the network's file run one after the other (CNI
 * specification 1.0.0, "Section 3: Execution of Network Configurations"). Its containers are network namespaces.
 */
export class CniRuntime {
  /** What a container was started with, which the plugins want to hear again at its end. */
  readonly #running = new Map<string, Attachment>();

  constructor(private readonly host: Host) {}

  /** Starts a container. @throws Error with what a plugin said. */
  async run(id: string, portMappings: readonly PortMapping[] = []): Promise<CniContainer> {
    await this.host.output(['ip', 'netns', 'add', id]);
    await this.host.output(['ip', '-n', id, 'link', 'set', 'lo', 'up']);
    const list = await this.#conflist();
    let prevResult: unknown;
    for (const plugin of list.plugins) {
      prevResult = JSON.parse(await this.#call('ADD', id, list, plugin, { prevResult, portMappings }));
    }
    this.#running.set(id, { prevResult, portMappings });
    const { ips } = prevResult as { ips: [{ address: string }] };
    const inside = this.host.through(`${this.host.name} ${id}`, ['ip', 'netns', 'exec', id]);
    return { id, address: ips[0].address.split('/', 1)[0]!, inside };
  }

  async remove(id: string): Promise<void> {
    const list = await this.#conflist();
    const attachment = this.#running.get(id);
    if (!attachment) throw new Error(`there is no container ${id}`);
    for (const plugin of list.plugins.toReversed()) await this.#call('DEL', id, list, plugin, attachment);
    await this.host.output(['ip', 'netns', 'delete', id]);
  }

  async #conflist(): Promise<Conflist> {
    return JSON.parse(await this.host.readFile(CONFLIST)) as Conflist;
  }

  async #call(
    command: 'ADD' | 'DEL',
    id: string,
    { cniVersion, name }: Conflist,
    { capabilities, ...plugin }: Plugin,
    { prevResult, portMappings }: Attachment,
  ): Promise<string> {
    const runtimeConfig = capabilities?.portMappings ? { runtimeConfig: { portMappings } } : {};
    const input = JSON.stringify({ ...plugin, cniVersion, name, prevResult, ...runtimeConfig });
    const env = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: id,
      CNI_NETNS: `/var/run/netns/${id}`,
      CNI_IFNAME: 'eth0',
      CNI_PATH: PLUGINS,
    };
    return this.host.output([`${PLUGINS}/${plugin.type}`], { env, input });
  }
}
