import { access } from 'node:fs/promises';
import type { PrivateKey, PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { runOrThrow, type Run, type RunResult } from '#host';
import type { ArmedChange } from '../device.js';
import { armed } from './armed.js';
import type { BatchFailure } from './ip-batch.js';
import { needsRoot } from './needs-root.js';
import { runIpBatch } from './run-ip-batch.js';

/** Ten thousand peers take userspace WireGuard some seconds. */
const BATCH_TIMEOUT = 60_000;
/** Where every userspace implementation puts its socket: part of the protocol, built into `wg`. */
const SOCKET_DIRECTORY = '/var/run/wireguard';
const UNIT = (name: string): string => `banyan-wireguard@${name}.service`;

/**
 * The one file here that runs programs: `ip`, `wg`, `systemctl` and a userspace WireGuard, each as one
 * method that says in our words how it ended. Names of interfaces are parsed before they come here.
 */
export class Tools {
  constructor(private readonly run: Run) {}

  /** JSON of the interface with its addresses; undefined when there is none. */
  async showLink(name: string): Promise<string | undefined> {
    const result = await this.run('ip', ['-json', '-details', 'address', 'show', 'dev', name]);
    if (/does not exist|Cannot find device/.test(result.stderr)) return undefined;
    return succeeded(result, `ip address show dev ${name}`).stdout;
  }

  async showRoutes(name: string, family: 'inet' | 'inet6'): Promise<string> {
    const result = await this.run('ip', ['-json', '-family', family, 'route', 'show', 'dev', name]);
    // A host without IPv6 has no IPv6 routes, and `ip` may call that a failure.
    if (family === 'inet6' && /not supported/.test(result.stderr)) return '';
    return succeeded(result, `ip route show dev ${name}`).stdout;
  }

  /** `wg show NAME dump`, which includes the private key; undefined when no WireGuard answers for the name. */
  async dump(name: string): Promise<string | undefined> {
    const result = await this.run('wg', ['show', name, 'dump']);
    if (/Operation not permitted|Permission denied/.test(result.stderr)) throw needsRoot();
    return result.exitCode === 0 ? result.stdout : undefined;
  }

  async socketIsForbidden(name: string): Promise<boolean> {
    const denied = (error: unknown): boolean => codeOf(error) === 'EACCES';
    return access(`${SOCKET_DIRECTORY}/${name}.sock`, 6).then(() => false, denied);
  }

  async addKernelInterface(name: string): Promise<'added' | 'unsupported'> {
    const result = await this.run('ip', ['link', 'add', 'dev', name, 'type', 'wireguard']);
    if (/Unknown device type|not supported/.test(result.stderr)) return 'unsupported';
    succeeded(result, `ip link add dev ${name} type wireguard`);
    return 'added';
  }

  async deleteLink(name: string): Promise<void> {
    const result = await this.run('ip', ['link', 'delete', 'dev', name]);
    if (/Cannot find device/.test(result.stderr)) return;
    succeeded(result, `ip link delete dev ${name}`);
  }

  async ipBatch(lines: readonly string[]): Promise<BatchFailure[]> {
    return runIpBatch(this.run, lines);
  }

  async setKey(name: string, key: PrivateKey): Promise<void> {
    await runOrThrow(this.run, 'wg', ['set', name, 'private-key', '/dev/stdin'], {
      input: key.reveal() + '\n',
    });
  }

  /** As {@link setKey}, when it is fired. */
  armKey(name: string, key: PrivateKey): Promise<ArmedChange> {
    return armed(this.run, ['set', name, 'private-key'], key.reveal() + '\n');
  }

  /** As {@link addPeers}, when it is fired. */
  armPeers(name: string, config: string): Promise<ArmedChange> {
    return armed(this.run, ['addconf', name], config);
  }

  async listenPort(name: string): Promise<number> {
    return Number(await runOrThrow(this.run, 'wg', ['show', name, 'listen-port']));
  }

  async setListenPort(name: string, port: number): Promise<'set' | 'in use'> {
    const result = await this.run('wg', ['set', name, 'listen-port', String(port)]);
    if (/Address already in use/.test(result.stderr)) return 'in use';
    succeeded(result, `wg set ${name} listen-port ${port}`);
    return 'set';
  }

  async addPeers(name: string, config: string): Promise<void> {
    await runOrThrow(this.run, 'wg', ['addconf', name, '/dev/stdin'], {
      input: config,
      timeout: BATCH_TIMEOUT,
    });
  }

  async removePeers(name: string, keys: readonly PublicKey[]): Promise<void> {
    const removals = keys.flatMap((key) => ['peer', key.text, 'remove']);
    const result = await this.run('wg', ['set', name, ...removals], { timeout: BATCH_TIMEOUT });
    succeeded(result, `wg set ${name} peer … remove`);
  }

  /**
   * Starts a userspace implementation that outlives us: in a session of its own, so that no terminal's
   * Ctrl-C reaches it; in `/`, so that it holds no mount; with an environment that cannot make it stay in
   * the foreground or log to our output (WG_PROCESS_FOREGROUND, LOG_LEVEL). WG_SUDO tells boringtun not to
   * hand its interface to the user behind sudo.
   */
  async startDetached(program: string, name: string, path: string): Promise<void> {
    const clean = ['--ignore-environment', '--chdir=/', `PATH=${path}`, 'WG_SUDO=1'];
    const result = await this.run('env', [...clean, 'setsid', '--wait', program, name]);
    if (result.exitCode === 0) return;
    const said = /^ERROR: (?:\([^)]*\) )?(?:[0-9/]+ [0-9:]+ )?(.*)$/m.exec(
      result.stdout + result.stderr,
    )?.[1];
    throw new BanyanError('host', `\`${program} ${name}\` failed: ${said ?? `exit code ${result.exitCode}`}`);
  }

  async unitIsInstalled(): Promise<boolean> {
    return (await this.run('systemctl', ['cat', UNIT('')])).exitCode === 0;
  }

  async startUnit(name: string): Promise<void> {
    await this.systemctl('start', name);
  }

  async stopUnit(name: string): Promise<void> {
    await this.systemctl('stop', name);
  }

  private async systemctl(verb: 'start' | 'stop', name: string): Promise<void> {
    const result = await this.run('systemctl', [verb, UNIT(name)], { timeout: BATCH_TIMEOUT });
    if (result.exitCode === 0) return;
    throw new BanyanError('host', `\`systemctl ${verb} ${UNIT(name)}\` failed: ${firstLine(result.stderr)}`, {
      remedy: `journalctl -u ${UNIT(name)}`,
    });
  }
}

function succeeded(result: RunResult, command: string): RunResult {
  if (result.exitCode === 0) return result;
  if (/Operation not permitted|Permission denied/.test(result.stderr)) throw needsRoot();
  const kind = /File exists/.test(result.stderr) ? 'conflict' : 'host';
  throw new BanyanError(kind, `\`${command}\` failed: ${firstLine(result.stderr)}`);
}

function firstLine(stderr: string): string {
  return stderr.trim().split('\n', 1)[0] || 'no reason given';
}
