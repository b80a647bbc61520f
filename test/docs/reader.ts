import { PublicKey } from '#crypto';
import { Lab, until, type Host } from '../lab/index.js';
import { agentIs, json } from '../e2e/private-network.js';
import { readySubnet } from '../e2e/mesh-network.js';
import { DockerOn } from '../containers/docker-on.js';
import type { Block } from './blocks.js';
import { Services } from './services.js';

/** The addresses in the documents, in the order in which the hosts are made; see {@link Lab.host}. */
const ADDRESSES = {
  engine: '192.168.1.10',
  'worker-1': '192.168.1.11',
  'worker-2': '192.168.1.12',
  laptop: '192.168.1.20',
  'worker-3': '192.168.1.13',
  /** One that runs a checkout; see {@link checkOut}. */
  checkout: '192.168.1.14',
  /** One on which nothing was set up. */
  fresh: '192.168.1.15',
};
export type HostName = keyof typeof ADDRESSES;

/** A firewall that lets in nothing but answers, so that the lines which open it are needed. */
const FIREWALL = `table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iifname lo accept
    meta l4proto icmp accept
  }
  chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; }
}`;

const LONG = { timeout: 120_000 };
const CTRL_C = '\x03';

/** What looks and changes nothing: a reader looks again when it is not yet as the document says. */
export const LOOKS =
  /^(banyan-\S+ (status|agents|clients|peers|containers|doctor|list-clients|plan|pending)|docker run .* wget) ?/;

/** What needs the agents, and is done once: a reader types it when those that were restarted before are back. */
const NEEDS_AGENTS = /^banyan-(agent rotate|engine (rotate|remove-client)|cli ping)\b/;

/** Somebody who does what a document says, on hosts of their own. */
export class Reader {
  readonly #services = new Services();
  readonly #dockers: DockerOn[] = [];
  private constructor(
    private readonly lab: Lab,
    private readonly hosts: ReadonlyMap<string, Host>,
  ) {}

  /** @param options whether workers have a Docker; true when absent. */
  static async create({ docker = true } = {}): Promise<Reader> {
    const lab = await Lab.create('docs');
    try {
      const hosts = new Map<string, Host>();
      for (const name of Object.keys(ADDRESSES)) {
        const host = await lab.host(name);
        hosts.set(name, host);
        await host.output(['mkdir', '-p', '/run/root']);
        await host.output(['nft', '-f', '-'], { input: FIREWALL });
      }
      const reader = new Reader(lab, hosts);
      for (const name of docker ? ['worker-1', 'worker-2'] : [])
        await reader.#installDocker(reader.host(name));
      await checkOut(reader.host('checkout'));
      return reader;
    } catch (error) {
      await lab.destroy();
      throw error;
    }
  }

  host(name: string): Host {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`there is no host ${name} in the documents`);
    return host;
  }

  /**
   * Types the lines of a block on its host, one after the other.
   * @throws Error when one fails, or what is seen is not what the document says.
   */
  async does({ host: name, lines, seen }: Block): Promise<void> {
    const host = this.host(name!);
    let all = '';
    for (const [index, line] of lines.entries()) {
      const isLast = index === lines.length - 1;
      const type = async () => {
        const said = await this.types(host, line);
        if (!isLast || seen === undefined) return { said };
        // Of all commands of the block, or of the last one.
        const expected = await this.#asSeen(seen);
        const fits = [all + said, said].some((text) => expected.test(tidy(text)));
        if (!fits) throw new Error(`\`${line}\` is to say\n${seen}\nand says\n${all}${said}`);
        return { said };
      };
      const what = `\`${line}\` does what the document says`;
      const { said } = LOOKS.test(line) ? await until(type, { what }) : await type();
      all += said;
    }
  }

  /** Runs one line of a document, as root's shell would. @returns standard output. */
  async types(host: Host, line: string): Promise<string> {
    const command = await this.filledIn(line);
    if (NEEDS_AGENTS.test(command)) await this.#agentsAreBack();
    if (/^docker run .*--network banyan/.test(command)) {
      await until(() => host.output(['docker', 'network', 'inspect', 'banyan']), {
        what: 'the agent has made the Docker network',
      });
    }
    if (!command.includes('systemctl ')) return await host.output(this.#shell(host, command), LONG);
    let said = '';
    for (const part of command.split(' && ')) {
      const [program, ...args] = part.split(' ');
      if (program === 'systemctl') await this.#services.systemctl(host, args);
      else said += await host.output(this.#shell(host, part), LONG);
    }
    return said;
  }

  /**
   * Types a line whose command goes on, or asks something.
   * @param answers what it says, and what to press then; the last one may be `undefined` for Ctrl-C.
   */
  async converses(
    host: Host,
    line: string,
    answers: readonly (readonly [string | RegExp, string?])[],
  ): Promise<void> {
    const filled = await this.filledIn(line);
    if (NEEDS_AGENTS.test(filled)) await this.#agentsAreBack();
    const shell = this.#shell(host, filled).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    const terminal = ['script', '--quiet', '--return', '--command', shell.join(' '), '/dev/null'];
    const command = host.spawn(terminal, { env: { TERM: 'xterm' } });
    for (const [says, keys] of answers) {
      await command.says(says);
      command.write(keys ?? CTRL_C);
    }
    const { exitCode } = await command.ended;
    const interrupted = answers.at(-1)![1] === undefined;
    if (exitCode !== 0 && !interrupted)
      throw new Error(`\`${line}\` ended with ${exitCode}\n${command.said()}`);
  }

  /** Waits until the agents that run and are admitted are connected and the network, by the engine's word and by their own. */
  async #agentsAreBack(): Promise<void> {
    const engine = this.host('engine');
    if (!this.#services.isRunning(engine, 'banyan-engine')) return;
    const clients = await json<{ name: string; state: string }[]>(engine, ['banyan-engine', 'list-clients']);
    const agents = clients
      .filter(({ name, state }) => state === 'admitted' && this.hosts.has(name))
      .map(({ name }) => this.host(name))
      .filter((host) => this.#services.isRunning(host, 'banyan-agent'));
    const online = async () => {
      const status = await json<{ agents: { online: number } }>(engine, ['banyan-engine', 'status']);
      return status.agents.online === agents.length;
    };
    await until(online, { what: `the engine has ${agents.length} agents online` });
    for (const host of agents) {
      await agentIs(host, { running: true, state: 'connected' });
      await readySubnet(host);
    }
  }

  /** What a service has logged since it was last started. */
  journal(host: Host, unit: string): string {
    return this.#services.journal(host, unit);
  }

  #shell(host: Host, command: string): string[] {
    // The programs that are meant there are those of /usr/bin.
    const path = host.name === 'checkout' ? ['env', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'] : [];
    return [...path, 'sh', '-e', '-c', `cd /run/root; ${command}`];
  }

  async destroy(): Promise<void> {
    await Promise.allSettled(this.#dockers.map((docker) => docker.destroy()));
    await this.lab.destroy();
  }

  async fingerprint(): Promise<string> {
    return PublicKey.parse(await this.#keyOf('engine')).fingerprint;
  }

  /** What stands for something in the documents, in the place of which a person puts what they have. */
  async filledIn(line: string): Promise<string> {
    let filled = line
      .replace(/^sudo /, '')
      .replaceAll('&& sudo ', '&& ')
      .replaceAll('/root/', '/run/root/')
      .replaceAll('2027-01-31', daysAhead(60));
    if (/\bHASH\b/.test(filled)) filled = filled.replaceAll('HASH', await this.#lastHash());
    for (const [name, address] of Object.entries(ADDRESSES)) {
      filled = filled.replaceAll(address, this.host(name).address);
      const placeholder = `${name.toUpperCase()} KEY`;
      if (filled.includes(placeholder)) filled = filled.replaceAll(placeholder, await this.#keyOf(name));
    }
    return filled.includes('SHA256:…') ? filled.replaceAll('SHA256:…', await this.fingerprint()) : filled;
  }

  /** A block of `text` as a pattern: `…` is anything, and any number of lines where it stands alone. */
  async #asSeen(seen: string): Promise<RegExp> {
    const withValues = await this.filledIn(
      seen.replaceAll('SHA256:…', 'SHA256:\0').replaceAll('/root/', '\0'),
    );
    const lines = tidy(withValues.replaceAll('\0', '…')).trimEnd().split('\n');
    const patterns = lines.map((line) =>
      line === '…'
        ? '(?:.*\\n)*'
        : `${line
            .split('…')
            .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
            .join('.*')}\\n`,
    );
    return new RegExp(`^${patterns.join('')}$`);
  }

  async #keyOf(name: string): Promise<string> {
    const config = await this.host(name).readFile('/etc/banyan/banyan.yaml');
    const key = /^\s*wg_public_key: "([^"]+)"$/m.exec(config)?.[1];
    if (key === undefined) throw new Error(`${name} has no key yet`);
    return key;
  }

  /** Of the audit log, as the engine prints it to the journal. */
  async #lastHash(): Promise<string> {
    const report = await this.host('engine').output(['banyan-engine', 'audit', '--verify', '--json']);
    return (JSON.parse(report) as { head: string }).head;
  }

  /** Docker, with images of the names in the documents: there is no registry here. */
  async #installDocker(host: Host): Promise<void> {
    const docker = await DockerOn.start(host);
    this.#dockers.push(docker);
    const page = '<html><title>Welcome to nginx!</title></html>\n';
    await host.writeFile('/run/web/index.html', page.replaceAll('><', '>\n<'), 0o644);
    await docker.docker('create', '--name', 'mould', 'banyan-test', 'true');
    await docker.docker('cp', '/run/web/index.html', 'mould:/web/index.html');
    const serve = 'CMD ["busybox", "httpd", "-f", "-p", "80", "-h", "/web"]';
    await docker.docker('commit', '--change', serve, 'mould', 'nginx');
    await docker.docker('rm', 'mould');
    await docker.docker('tag', 'banyan-test', 'busybox');
  }
}

/**
 * Makes a host into one that has a checkout at /opt/banyan and may write to /usr/bin. What is deleted there is a link, to a
 * place that nobody can write to.
 */
async function checkOut(host: Host): Promise<void> {
  const script = `
    mkdir -p /run/bin.upper /run/bin.work /run/read-only
    mount -t overlay -o lowerdir=/usr/bin,upperdir=/run/bin.upper,workdir=/run/bin.work reader /usr/bin
    mount -t tmpfs reader /opt && mount -t tmpfs reader /var/cache
    mount --bind /run/checkout /run/read-only && mount -o remount,bind,ro /run/read-only
    ln -s /run/read-only /opt/banyan`;
  await host.output(['sh', '-e', '-c', script]);
}

/** A day, as `2027-01-31`. */
function daysAhead(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** One space between words, so that columns may be as wide as they are; ends with one newline. */
function tidy(text: string): string {
  const lines = text.trimEnd().split('\n');
  return `${lines.map((line) => line.trim().replace(/\s+/g, ' ')).join('\n')}\n`;
}
