import { randomUUID } from 'node:crypto';
import { CHECKOUT } from '../lab/checkout.js';
import { until, type Account, type Host, type Process } from '../lab/index.js';

/** Targets that our units name. No others: what a real boot does to clock, kernel and disks stays undone. */
const TARGETS = ['sysinit', 'basic', 'shutdown', 'network-online', 'nss-lookup', 'multi-user'];

/**
 * Runs inside the host, first as its own process, then as the first one of a PID namespace that systemd takes
 * over. `execve` in place of a shell.
 */
const ENTER_CGROUP = `
  require('fs').writeFileSync(process.argv[1] + '/cgroup.procs', '0');
  const inside = ['--mount', '--cgroup', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc'];
  process.execve('/usr/bin/unshare', ['unshare', ...inside, process.execPath, '-e', process.argv[2]]);`;
const BECOME_SYSTEMD = `
  const { execFileSync } = require('child_process');
  const mount = (...args) => execFileSync('mount', ['-n', ...args]);
  // In place of the one that shows the machine's.
  execFileSync('umount', ['-n', '/sys/fs/cgroup']);
  mount('-t', 'cgroup2', 'lab', '/sys/fs/cgroup');
  // Its switches are the machine's, those of the network apart; systemd turns some at every start.
  mount('--bind', '/proc/sys', '/proc/sys');
  mount('-o', 'remount,bind,ro', '/proc/sys');
  process.execve('/lib/systemd/systemd', ['systemd', '--unit=multi-user.target', '--log-target=null'], {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin', container: 'lab', SYSTEMD_UNIT_PATH: '/run/units',
  });`;

/** systemd on a test host, with our units and our programs installed as a package would. */
export class SystemdHost {
  private constructor(
    private readonly host: Host,
    private readonly systemd: Process,
    private readonly cgroup: string,
    /** root beside systemd, among its processes: it answers nobody else. */
    readonly root: Account,
  ) {}

  static async boot(host: Host): Promise<SystemdHost> {
    for (const target of TARGETS) await host.writeFile(`/run/units/${target}.target`, '[Unit]\n', 0o644);
    await host.output(['cp', '-r', `${CHECKOUT}/packaging/systemd/.`, '/run/units/']);
    await host.output(['mkdir', '-p', '/run/.lab/bin', '/run/.lab/bin.work']);
    const overlay = 'lowerdir=/usr/bin,upperdir=/run/.lab/bin,workdir=/run/.lab/bin.work';
    await host.output(['mount', '-n', '-t', 'overlay', '-o', overlay, 'lab', '/usr/bin']);
    const programs = ['engine', 'agent'].map((role) => `${CHECKOUT}/bin/banyan-${role}`);
    await host.output(['ln', '-s', ...programs, '/usr/bin/']);
    // What a service has of its own there would outlive a systemd that is killed.
    for (const path of ['/tmp', '/var/tmp']) await host.output(['mount', '-n', '-t', 'tmpfs', 'lab', path]);
    await host.output(['mount', '-n', '-t', 'cgroup2', 'lab', '/sys/fs/cgroup']);
    const cgroup = `/sys/fs/cgroup/lab-${randomUUID()}`;
    await host.output(['mkdir', cgroup]);
    const systemd = host.spawn(['node', '-e', ENTER_CGROUP, cgroup, BECOME_SYSTEMD]);
    const root = host.through(`${host.name} (systemd)`, await entrance(host));
    const booted = new SystemdHost(host, systemd, cgroup, root);
    try {
      const up = async () => (await root.run(['systemctl', 'is-active', 'multi-user.target'])).exitCode === 0;
      await until(up, { what: 'systemd has reached multi-user.target' });
      // `systemctl cat` looks for templates by itself.
      await root.output(['systemctl', 'set-environment', 'SYSTEMD_UNIT_PATH=/run/units']);
      return booted;
    } catch (error) {
      await booted.shutDown();
      throw error;
    }
  }

  /** Ends every service; a control group is the one thing that would outlive the host. */
  async shutDown(): Promise<void> {
    await this.systemd.signal('SIGKILL');
    await this.systemd.ended;
    // Emptied a moment after the last process has gone.
    await until(
      async () =>
        (await this.host.run(['find', this.cgroup, '-depth', '-type', 'd', '-delete'])).exitCode === 0,
      { what: `the control group ${this.cgroup} is removed` },
    );
  }

  /** One property of a unit, as `systemctl show` has it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.root.output(['systemctl', 'show', '--value', `--property=${name}`, unit])).trim();
  }
}

async function entrance(host: Host): Promise<string[]> {
  const systemd = await until(async () => (await host.run(['pgrep', '-x', 'systemd'])).stdout.trim(), {
    what: 'systemd has started',
  });
  return ['nsenter', `--target=${systemd}`, '--mount', '--cgroup', '--pid', '--'];
}
