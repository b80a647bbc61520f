import { readFile } from 'node:fs/promises';
import { checkSection, readConfig } from '#config';
import { PublicKey } from '#crypto';
import { codeOf } from '#errors';
import { StatusFile, type AgentStatus, type NetworkStatus } from '../../../agent/src/status-file.js';
import { shownDuration } from '../duration.js';
import { linkTable } from '../link-table.js';
import { shownRevision } from '../revision.js';
import { facts } from '../table.js';

/** What the agent wrote last, and whether it still runs to keep it true. */
export type AgentReport = { readonly running: boolean } & (AgentStatus | { readonly state: 'not running' });

/** Of the agent whose config this is; of the usual one when the caller may not read it. */
export async function runDirectory(configPath: string): Promise<string> {
  const file = await readConfig(configPath).catch((error: unknown) => {
    if (codeOf((error as Error).cause) === 'EACCES') return undefined;
    throw error;
  });
  return checkSection('agent', file?.document['agent'], configPath).section.run_dir;
}

/** @throws BanyanError `host` when the status cannot be read. */
export async function agentReport(runDir: string): Promise<AgentReport> {
  const status = await new StatusFile(runDir).read();
  if (status === undefined) return { running: false, state: 'not running' };
  return { running: await isRunning(status), ...status };
}

/** By its process, which must have started before it wrote: a later one can have been given the same id. */
async function isRunning({ pid, written_at_ms: written }: AgentStatus): Promise<boolean> {
  const [stat, uptime] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
    readFile('/proc/uptime', 'utf8').catch(() => undefined),
  ]);
  if (stat === undefined || uptime === undefined) return false;
  // Field 22, in hundredths of a second after boot (proc_pid_stat(5)); field 2 may hold spaces and parentheses.
  const startedAfterBoot = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) * 10;
  const bootedAt = Date.now() - Number(uptime.split(' ')[0]) * 1_000;
  return bootedAt + startedAfterBoot <= written + CLOCK_SLACK_MS;
}

const CLOCK_SLACK_MS = 2_000;

export function agentText(report: AgentReport, now = Date.now()): string {
  if (!('engine' in report)) return 'The agent is not running here.';
  const { engine, tunnel, network, containers, links } = report;
  const age = shownDuration(now - report.since_ms);
  const key = engine.public_key === null ? 'not known yet' : PublicKey.parse(engine.public_key).fingerprint;
  const stale = `not running; this is how it was ${shownDuration(now - report.written_at_ms)} ago`;
  const said = facts([
    ['agent', report.running ? `running, version ${report.version}` : stale],
    ['name', report.name ?? 'not known yet'],
    ['state', `${report.state} for ${age}`],
    ['channel', report.channel ?? '-'],
    ['engine', `${engine.host} port ${engine.port}`],
    ['engine key', engine.key_confirmed ? key : `${key}, unconfirmed (first use)`],
    ['public key', report.public_key],
    ['tunnel address', report.tunnel_address],
    ['tunnel', `${tunnel.up ? 'up' : 'down'}${tunnel.detail === '' ? '' : ` (${tunnel.detail})`}`],
    ['network', networkText(network)],
    ['subnet', network.subnet === null ? '-' : `${network.subnet} of ${network.vpc_cidr}`],
    ['links', `${network.links_up} of ${network.links_wanted} up`],
    ...(network.remedy === null ? [] : [['try', network.remedy] as const]),
    ...(containers.detail === null ? [] : [['containers', containers.detail] as const]),
    ...(containers.remedy === null ? [] : [['try', containers.remedy] as const]),
    ...(report.last_error === null ? [] : [['last error', report.last_error] as const]),
    ...(report.remedy === null ? [] : [['try', report.remedy] as const]),
  ]);
  return links.length === 0 ? said : `${said}\n\n${linkTable(links, now)}`;
}

function networkText({ state, detail, applied_revision: revision }: NetworkStatus): string {
  const of = revision === null ? '' : `, revision ${shownRevision(revision)}`;
  const sentence = {
    ready: `ready${of}`,
    restored: `as it was last${of}; no engine has confirmed it since the agent started`,
    held: `as it was last${of}; held`,
    refused: `as it was last${of}; what the engine wants is refused`,
    failing: 'not as it should be',
    none: 'none',
  }[state];
  return detail === null ? sentence : `${sentence}: ${detail}`;
}
