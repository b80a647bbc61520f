import { randomBytes } from 'node:crypto';
import { Account, type Host, type Process } from '../lab/index.js';
import { CALLER_SCRIPT } from './web.js';

const APPLETS = ['sh', 'cat', 'timeout', 'wget', 'httpd', 'ping', 'sleep', 'ip'];
/** Lays out the root of the image on standard output. */
const IMAGE = [
  'set -e; mkdir -p /run/image/bin /run/image/web/cgi-bin; cd /run/image',
  'cp /bin/busybox bin/',
  ...APPLETS.map((applet) => `ln -s busybox bin/${applet}`),
  'cat > web/cgi-bin/caller; chmod 755 web/cgi-bin/caller',
  'tar -c . | docker import - banyan-test',
].join('\n');

/** A real Docker on a test host, with an image of busybox. */
export class DockerOn {
  readonly #cgroup = `banyan-test-${randomBytes(4).toString('hex')}`;
  #daemon: Process | undefined;

  private constructor(private readonly host: Host) {}

  static async start(host: Host): Promise<DockerOn> {
    const docker = new DockerOn(host);
    // Containers need control groups; those of the machine are not seen from a test host.
    await host.output(['mount', '-t', 'cgroup2', 'lab', '/sys/fs/cgroup']);
    await docker.start();
    await host.output(['sh', '-c', IMAGE], { input: CALLER_SCRIPT });
    return docker;
  }

  async start(): Promise<void> {
    this.#daemon = this.host.spawn([
      ...['dockerd', '--host=unix:///run/docker.sock', '--data-root=/run/docker-data'],
      ...['--exec-root=/run/docker-exec', '--pidfile=/run/docker.pid', '--storage-driver=vfs'],
      ...['--exec-opt=native.cgroupdriver=cgroupfs', `--cgroup-parent=/${this.#cgroup}`],
    ]);
    await this.#daemon.says('API listen on /run/docker.sock');
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    await this.#daemon?.signal(name);
  }

  /** @returns what `docker` said. */
  async docker(...args: string[]): Promise<string> {
    return (await this.host.output(['docker', ...args])).trim();
  }

  /** Starts a container that serves /web, on the network `banyan`. */
  async run(
    name: string,
    ...flags: string[]
  ): Promise<{ readonly address: string; readonly inside: Account }> {
    const server = ['banyan-test', 'busybox', 'httpd', '-f', '-p', '0.0.0.0:8080', '-h', '/web'];
    // The first process of a container heeds no other signal that it does not handle.
    const options = ['--detach', '--network=banyan', `--name=${name}`, '--stop-signal=KILL', ...flags];
    await this.docker('run', ...options, ...server);
    return { address: await this.addressOf(name), inside: this.inside(name) };
  }

  inside(name: string): Account {
    return this.host.through(`${this.host.name} ${name}`, ['docker', 'exec', name]);
  }

  async addressOf(name: string): Promise<string> {
    return this.docker('inspect', '--format={{.NetworkSettings.Networks.banyan.IPAddress}}', name);
  }

  /** Ends Docker, and removes from the machine what outlives a test host: its control group. */
  async destroy(): Promise<void> {
    await this.signal('SIGCONT');
    if (this.#daemon?.result) await this.start();
    const containers = (await this.docker('ps', '--all', '--quiet')).split('\n').filter(Boolean);
    if (containers.length > 0) await this.docker('rm', '--force', ...containers);
    await this.stop();
    await this.host.output([
      'sh',
      '-c',
      `cd /sys/fs/cgroup && rmdir ${this.#cgroup} || test ! -e ${this.#cgroup}`,
    ]);
  }
}
