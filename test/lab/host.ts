import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, normalize } from 'node:path';
import { Account } from './account.js';
import { CHECKOUT, checkoutRoot } from './checkout.js';
import { Namespace } from './namespace.js';

const PATH = `${CHECKOUT}/bin:${CHECKOUT}/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
/** What is the host's own; elsewhere a write would change the machine the tests run on. */
const OWN = /^\/(etc|run|var\/lib)\//;

/** One test host, and root on it. The checkout is at `/run/checkout`, its programs are on PATH. */
export class Host extends Account {
  private readonly users = new Map<number, Account>();

  private constructor(
    name: string,
    private readonly namespace: Namespace,
    /** On the underlay, the network between hosts: its address there, without prefix length. */
    readonly address: string,
  ) {
    super(name, namespace.entrance, environment('/root'));
  }

  static async create(name: string, address: string): Promise<Host> {
    const host = new Host(name, await Namespace.create(), address);
    try {
      await host.furnish();
      return host;
    } catch (error) {
      await host.destroy();
      throw error;
    }
  }

  /** A user without privileges, made when needed, with a home directory of its own. */
  async asUser(uid: number): Promise<Account> {
    const known = this.users.get(uid);
    if (known) return known;
    const home = `/run/home/${uid}`;
    await mkdir(this.path(home), { recursive: true });
    await chown(this.path(home), uid, uid);
    const users = await this.readFile('/etc/passwd');
    if (!users.split('\n').some((line) => line.split(':')[2] === String(uid))) {
      await this.writeFile('/etc/passwd', `${users}user${uid}:x:${uid}:${uid}::${home}:/bin/sh\n`, 0o644);
    }
    const drop = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all', '--'];
    const user = this.through(`${this.name} (uid ${uid})`, drop, { HOME: home });
    this.users.set(uid, user);
    return user;
  }

  /** Writes a file under /etc, /run or /var/lib, with the directories it needs. */
  async writeFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
    const file = this.path(path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  }

  async readFile(path: string): Promise<string> {
    return await readFile(this.path(path), 'utf8');
  }

  async removeFile(path: string): Promise<void> {
    await rm(this.path(path), { recursive: true, force: true });
  }

  /** Drops UDP, in and out, on every interface but loopback: what a strict network does to WireGuard. */
  async blockUdp(): Promise<void> {
    // Before any rule of the programs under test, so that theirs cannot let it through.
    const rules = `
      table inet lab_block {
        chain in { type filter hook prerouting priority -400; iif != lo meta l4proto udp drop; }
        chain out { type filter hook postrouting priority 400; oif != lo meta l4proto udp drop; }
      }`;
    await this.output(['nft', '-f', '-'], { input: rules });
  }

  /** Undoes {@link blockUdp}. */
  async unblockUdp(): Promise<void> {
    await this.output(['nft', 'delete', 'table', 'inet', 'lab_block']);
  }

  /** The command line with which a person enters this host while the lab lives. */
  get enterCommand(): string {
    return this.namespace.entrance.join(' ');
  }

  /** A shell for that person, which finds the programs. */
  get shellCommand(): string {
    return `${this.enterCommand} env PATH=${PATH} bash`;
  }

  /** For {@link Lab}: the network this host's cable is plugged into. */
  get network(): Pick<Namespace, 'pid' | 'networkEntrance'> {
    return this.namespace;
  }

  /** Ends everything on it. @throws Error when something stays. */
  async destroy(): Promise<void> {
    await this.namespace.destroy();
    await Promise.all([this, ...this.users.values()].map((account) => account.drained()));
  }

  private async furnish(): Promise<void> {
    const mount = (...args: string[]) => this.output(['mount', '-n', ...args]);
    const checkout = checkoutRoot();
    await mount('-t', 'sysfs', 'lab', '/sys');
    // Before /run covers it, should the checkout lie there.
    await mount('-t', 'tmpfs', '-o', 'mode=755', 'lab', '/mnt');
    await this.output(['mkdir', '-p', '/mnt/checkout', '/mnt/.lab']);
    await mount('--bind', checkout, '/mnt/checkout');
    await mount('--move', '/mnt', '/run');
    for (const [name, covered] of [
      ['etc', '/etc'],
      ['lib', '/var/lib'],
    ] as const) {
      const [upper, work] = [`/run/.lab/${name}`, `/run/.lab/${name}.work`];
      await this.output(['mkdir', '-p', upper, work]);
      await mount(
        '-t',
        'overlay',
        '-o',
        `lowerdir=${covered},upperdir=${upper},workdir=${work}`,
        'lab',
        covered,
      );
    }
    // An old installation of the machine is no concern of a test.
    await this.output(['rm', '-rf', '/etc/banyan', '/var/lib/banyan']);
    await this.output(['hostname', this.name]);
    await this.output(['ip', 'link', 'set', 'lo', 'up']);
  }

  private path(inside: string): string {
    if (normalize(inside) !== inside || !OWN.test(inside)) {
      throw new Error(`${inside} is not ${this.name}'s own: use a path under /etc, /run or /var/lib`);
    }
    return this.namespace.path(inside);
  }
}

/** Nothing of the environment of the tests themselves gets in: not their NODE_OPTIONS, not their certificates. */
function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH,
    HOME: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
  };
}
