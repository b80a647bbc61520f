import { PublicKey } from '#crypto';
import { Lab, until, type Host } from '../lab/index.js';
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

/** What looks and changes nothing: a reader looks again when it is not yet as the document says. */
const LOOKS =
  /^(banyan-\S+ (status|agents|clients|peers|containers|doctor|list-clients|plan|pending)|docker run .* wget) ?/;

/** Somebody who does what a document says, on hosts of their own. */
export class Reader {
  readonly #services = new Services();
  readonly #dockers: DockerOn[] = [];
  /** Every line that was run, as the document has it. */
  readonly typed = new Set<string>();

  private constructor(
    private readonly lab: Lab,
    private readonly hosts: ReadonlyMap<string, Host>,
  ) {}

  static async create(): Promise<Reader> {
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
      for (const name of ['worker-1', 'worker-2'] as const) await reader.#installDocker(reader.host(name));
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
    let last = '';
    for (const line of lines) {
      last = await this.types(host, line);
      all += last;
    }
    if (seen === undefined) return;
    const expected = await this.#asSeen(seen);
    if (expected.test(tidy(all)) || expected.test(tidy(last))) return;
    const command = lines.at(-1)!;
    if (!LOOKS.test(command)) throw new Error(`\`${command}\` is to say\n${seen}\nand says\n${all}`);
    await until(
      async () => {
        last = await this.types(host, command);
        if (!expected.test(tidy(last))) throw new Error(last);
        return true;
      },
      { timeout: 30_000, what: `\`${command}\` says\n${seen}` },
    );
  }

  /** Runs one line of a document, as root's shell would. @returns standard output. */
  async types(host: Host, line: string): Promise<string> {
    this.typed.add(line);
    const command = await this.#filledIn(line);
    const service = /^systemctl ([\w -]+)$/.exec(command)?.[1];
    if (service !== undefined) {
      await this.#services.systemctl(host, service.split(' '));
      return '';
    }
    if (/^docker run .*--network banyan/.test(command)) {
      await until(() => host.output(['docker', 'network', 'inspect', 'banyan']), {
        timeout: 30_000,
        what: 'the agent has made the Docker network',
      });
    }
    return await host.output(['sh', '-e', '-c', command], { timeout: 120_000 });
  }

  async destroy(): Promise<void> {
    await Promise.allSettled(this.#dockers.map((docker) => docker.destroy()));
    await this.lab.destroy();
  }

  async fingerprint(): Promise<string> {
    return PublicKey.parse(await this.#keyOf('engine')).fingerprint;
  }

  /** What stands for something in the documents, in the place of which a person puts what they have. */
  async #filledIn(line: string): Promise<string> {
    let filled = line
      .replace(/^sudo /, '')
      .replaceAll('&& sudo ', '&& ')
      .replaceAll('/root/', '/run/root/');
    for (const [name, address] of Object.entries(ADDRESSES)) {
      filled = filled.replaceAll(address, this.host(name).address);
      const placeholder = `${name.toUpperCase()} KEY`;
      if (filled.includes(placeholder)) filled = filled.replaceAll(placeholder, await this.#keyOf(name));
    }
    return filled.includes('SHA256:…') ? filled.replaceAll('SHA256:…', await this.fingerprint()) : filled;
  }

  /** A block of `text` as a pattern: `…` is anything, and any number of lines where it stands alone. */
  async #asSeen(seen: string): Promise<RegExp> {
    const withValues = await this.#filledIn(
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

/** One space between words, so that columns may be as wide as they are; ends with one newline. */
function tidy(text: string): string {
  const lines = text.trimEnd().split('\n');
  return `${lines.map((line) => line.trim().replace(/\s+/g, ' ')).join('\n')}\n`;
}
