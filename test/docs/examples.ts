import { join } from 'node:path';
import { PROGRAMS } from '../../apps/cli/src/program.js';
import { commandLineOf } from '../../packaging/command-line.js';
import { until, type Host } from '../lab/index.js';
import { ROOT } from './documents.js';
import { LOOKS, type Reader } from './reader.js';

/** A line that is typed on a host, as `['worker-3', 'systemctl stop banyan-agent']`. */
type Line = readonly [host: string, line: string];

/** How an example is run, where it is not simply typed on the host of its program. */
interface Circumstances {
  readonly on?: string;
  /** What stands in the example, and what is typed instead. */
  readonly as?: Readonly<Record<string, string>>;
  readonly before?: readonly Line[];
  /** What it says, and what is pressed then; without keys: Ctrl-C. */
  readonly answers?: readonly (readonly [says: string | RegExp, keys?: string])[];
  /** While it goes on. */
  readonly meanwhile?: readonly Line[];
  readonly after?: readonly Line[];
}

const HOST_OF = { engine: 'engine', agent: 'worker-1', cli: 'laptop' } as const;
const ENTER = '\r';

/** worker-3 is in, and running; or was, and is away. */
const IN: readonly Line[] = [
  ['worker-3', "banyan-agent init --keep --engine-host 192.168.1.10 --engine-wg-public-key 'ENGINE KEY'"],
  ['worker-3', 'systemctl start banyan-agent'],
  ['engine', "banyan-engine add-client --name worker-3 --pubkey 'WORKER-3 KEY' --wait"],
];
const AWAY: readonly Line[] = [['worker-3', 'systemctl stop banyan-agent']];
const OUT: readonly Line[] = [['engine', 'banyan-engine remove-client --name worker-3'], ...AWAY];
const OTHER: Circumstances['as'] = { 'worker-1': 'worker-3' };
const STOPPED: Pick<Circumstances, 'before' | 'after'> = {
  before: [['engine', 'systemctl stop banyan-engine']],
  after: [['engine', 'systemctl start banyan-engine']],
};
const FRESH: Pick<Circumstances, 'on' | 'before'> = {
  on: 'fresh',
  before: [['fresh', 'rm -rf /etc/banyan']],
};
const QUESTIONS: Circumstances['answers'] = [
  ['Address or host name of the engine', `192.168.1.10${ENTER}`],
  ['Port of the engine', ENTER],
  ['Public key of the engine', ENTER],
];
const STRANGERS_KEY = '$(wg genkey | wg pubkey)';

const EXPECT =
  "sudo banyan-engine audit --expect \"$(journalctl -u banyan-engine -g 'audit --expect' -n 1 -o cat | grep -o '[0-9a-f]\\{64\\}')\"";

const CIRCUMSTANCES: Readonly<Record<string, Circumstances>> = {
  "sudo banyan-engine add-client --name worker-1 --pubkey 'KEY'": {
    as: { 'worker-1': 'visitor', "'KEY'": STRANGERS_KEY },
    after: [['engine', 'banyan-engine remove-client --name visitor']],
  },
  "sudo banyan-engine add-client --name worker-1 --pubkey 'KEY' --role agent --engine 'SHA256:…' --wait": {
    as: { ...OTHER, KEY: 'WORKER-3 KEY' },
    before: IN.slice(0, 2),
    after: OUT,
  },
  "sudo banyan-engine add-client --name ada-cli --pubkey 'KEY' --role cli --expires 2027-01-31 --note 'contract 12'":
    {
      as: { "'KEY'": STRANGERS_KEY },
    },
  'sudo banyan-engine audit --follow --json | jq -c \'select(.event == "client.revoked")\'': {
    as: { 'jq -c': 'jq --unbuffered -c' },
    before: IN,
    answers: [['client.revoked']],
    meanwhile: [['engine', 'banyan-engine remove-client --name worker-3']],
    after: AWAY,
  },
  // It says the hash at its start, when there are lines.
  [EXPECT]: { before: [['engine', 'systemctl restart banyan-engine']] },
  'sudo banyan-engine down': STOPPED,
  'sudo banyan-engine forget --name worker-1': { as: OTHER, before: [...IN, ...AWAY] },
  'sudo banyan-engine release --name worker-1': { as: OTHER, before: [...IN, ...AWAY], after: OUT },
  'sudo banyan-engine remove-client --name worker-1': { as: OTHER, before: IN, after: AWAY },
  "sudo banyan-engine remove-client --name worker-1 --wait 30s --json | jq '.pending'": {
    as: OTHER,
    before: IN,
    after: AWAY,
  },
  'sudo banyan-engine init': FRESH,
  'sudo banyan-engine init --grpc-port 6000 --store-backend etcd --store-address http://10.0.0.5:2379': FRESH,
  'sudo banyan-engine restore --file /root/banyan.backup': {
    ...STOPPED,
    before: [...STOPPED.before!, ['engine', 'rm /var/lib/banyan/engine/store']],
  },
  'sudo banyan-engine restore --file /root/banyan.backup --force': STOPPED,
  'sudo banyan-engine rotate': { answers: [['Give the engine a new key?', `y${ENTER}`]] },
  'sudo banyan-engine rotate --forget': { answers: [['Answer by the previous key no more?', `y${ENTER}`]] },
  'sudo banyan-engine rotate --compromised': {
    answers: [['Give the engine a new key', `y${ENTER}`]],
    after: [
      ['worker-1', "banyan-agent init --keep --engine-wg-public-key 'ENGINE KEY'"],
      ['worker-1', 'systemctl restart banyan-agent'],
      ['worker-2', "banyan-agent init --keep --engine-wg-public-key 'ENGINE KEY'"],
      ['worker-2', 'systemctl restart banyan-agent'],
      ['laptop', "banyan-cli init --keep --engine-wg-public-key 'ENGINE KEY'"],
    ],
  },
  'sudo banyan-engine start': { ...STOPPED, answers: [[/ready on TCP/]] },
  'sudo banyan-agent start': {
    before: [['worker-1', 'systemctl stop banyan-agent']],
    answers: [[/connected as worker-1/]],
    after: [['worker-1', 'systemctl start banyan-agent']],
  },
  'sudo systemctl stop banyan-agent && sudo banyan-agent down': {
    after: [['worker-1', 'systemctl start banyan-agent']],
  },
  'sudo banyan-agent init': { ...FRESH, answers: QUESTIONS },
  "sudo banyan-agent init --engine-host 192.168.1.10 --engine-wg-public-key 'KEY'": {
    ...FRESH,
    as: { KEY: 'ENGINE KEY' },
  },
  'banyan-cli events --follow': {
    answers: [['agent.online worker-1']],
    meanwhile: [['worker-1', 'systemctl restart banyan-agent']],
  },
  'banyan-cli events --follow --json | jq -c \'select(.event == "agent.offline")\'': {
    as: { 'jq -c': 'jq --unbuffered -c' },
    answers: [['agent.offline']],
    meanwhile: [['worker-1', 'systemctl restart banyan-agent']],
  },
  'banyan-cli top': { answers: [[/worker-2/, 'q']] },
  "banyan-cli top --json --interval 10s | jq -c '.links'": {
    as: { 'jq -c': 'jq --unbuffered -c' },
    answers: [['wanted']],
  },
  'banyan-cli init': { ...FRESH, answers: QUESTIONS },
  "banyan-cli init --engine-host 192.168.1.10 --engine-wg-public-key 'KEY'": {
    ...FRESH,
    as: { KEY: 'ENGINE KEY' },
  },
};

const FIREWALL = [
  'nft insert rule inet filter input udp dport 51820 accept',
  'nft insert rule inet filter forward iifname banyan0 accept',
  'nft insert rule inet filter forward oifname banyan0 accept',
].join('; ');

/** Every command that answers in JSON, so that its answer can be held against what it says of it. */
export const ANSWERS: readonly Line[] = [
  ['engine', 'banyan-engine init --keep --json'],
  ['engine', 'banyan-engine status --json'],
  ['engine', 'banyan-engine doctor --json'],
  ['engine', 'banyan-engine list-clients --json'],
  ['engine', 'banyan-engine audit --verify --json'],
  ['engine', 'banyan-engine log-level --json'],
  ['engine', 'banyan-engine adopt --json'],
  ['engine', 'banyan-engine rotate --yes --json'],
  ['engine', 'banyan-engine backup --file /root/banyan.backup --json'],
  ['engine', `banyan-engine add-client --name visitor --pubkey "${STRANGERS_KEY}" --json`],
  ['engine', 'banyan-engine remove-client --name visitor --json'],
  ['worker-1', 'banyan-agent init --keep --json'],
  ['worker-1', 'banyan-agent status --json'],
  ['worker-1', 'banyan-agent doctor --json'],
  ['worker-1', 'banyan-agent log-level --json'],
  ['worker-1', 'banyan-agent rotate --json'],
  ['laptop', 'banyan-cli init --keep --json'],
  ['laptop', 'banyan-cli status --json'],
  ['laptop', 'banyan-cli agents --json'],
  ['laptop', 'banyan-cli clients --json'],
  ['laptop', 'banyan-cli peers --agent worker-1 --json'],
  ['laptop', 'banyan-cli events --json'],
  ['laptop', 'banyan-cli top --once --json'],
  ['laptop', 'banyan-cli graph --json'],
  ['laptop', 'banyan-cli ping worker-1 --count 1 --json'],
  ['laptop', 'banyan-cli doctor --json'],
  ['laptop', 'banyan-cli rotate --json'],
  ['laptop', 'banyan-cli disconnect --json'],
  ['worker-2', 'systemctl stop banyan-agent'],
  ['worker-2', 'banyan-agent plan --json'],
  ['worker-2', 'banyan-agent down --json'],
  ['fresh', 'banyan-agent init --keep --engine-host 192.168.1.10 --json'],
  ['fresh', 'banyan-cli init --keep --engine-host 192.168.1.10 --json'],
  // Whoever is not admitted is pending.
  ['engine', 'banyan-engine remove-client --name ada --json'],
  ['laptop', 'banyan-cli status --json || true'],
  ['engine', 'banyan-engine pending --json'],
  ['engine', 'banyan-engine release --name worker-2 --json'],
  ['engine', 'banyan-engine forget --name worker-2 --json'],
  ['engine', 'systemctl stop banyan-engine'],
  ['engine', 'banyan-engine restore --file /root/banyan.backup --force --json'],
  ['engine', 'banyan-engine down --json'],
];

/** An engine, two workers and a laptop, as docs/quick-start.md has them. */
const SET_UP: readonly Line[] = [
  ['engine', 'banyan-engine init'],
  ['engine', 'systemctl start banyan-engine'],
  ['engine', 'nft insert rule inet filter input tcp dport 50051 accept'],
  ['engine', 'nft insert rule inet filter input udp dport 51821 accept'],
  ...(['worker-1', 'worker-2', 'worker-3'] as const).map((name): Line => [name, FIREWALL]),
  ...(['worker-1', 'worker-2'] as const).flatMap((name): Line[] => [
    [name, "banyan-agent init --engine-host 192.168.1.10 --engine-wg-public-key 'ENGINE KEY'"],
    [name, 'systemctl start banyan-agent'],
    ['engine', `banyan-engine add-client --name ${name} --pubkey '${name.toUpperCase()} KEY' --wait`],
  ]),
  ['laptop', "banyan-cli init --engine-host 192.168.1.10 --engine-wg-public-key 'ENGINE KEY'"],
  ['engine', "banyan-engine add-client --name ada --pubkey 'LAPTOP KEY' --role cli"],
];

interface Example {
  readonly line: string;
  readonly host: string;
}

/** Every example of every command, in the order of docs/commands.md. */
export async function examples(): Promise<Example[]> {
  const programs = Object.values(PROGRAMS).map(async (program) => {
    const { commands } = await commandLineOf(program, join(ROOT, 'apps/cli/src'));
    const lines = commands.flatMap((command) => command.examples);
    return lines.map(({ command: line }) => ({
      line,
      host: CIRCUMSTANCES[line]?.on ?? HOST_OF[program.role],
    }));
  });
  return (await Promise.all(programs)).flat();
}

/** The network on which {@link runExample} runs them. */
export async function setUp(reader: Reader): Promise<void> {
  for (const [on, line] of SET_UP) await reader.types(reader.host(on), line);
}

/** What each command says of its `--json`, by `banyan-agent plan`. */
export async function describedAnswers(): Promise<Map<string, string>> {
  const lines = await Promise.all(
    Object.values(PROGRAMS).map((program) => commandLineOf(program, join(ROOT, 'apps/cli/src'))),
  );
  const told = lines.flatMap(({ name, commands }) =>
    commands
      .filter(({ flags }) => flags.some((flag) => flag.name === 'json'))
      .map((command) => [`${name} ${command.name}`, command.answer ?? ''] as const),
  );
  return new Map(told);
}

/** Names in {@link CIRCUMSTANCES} that no command has as an example. */
export async function strayCircumstances(): Promise<string[]> {
  const known = new Set((await examples()).map(({ line }) => line));
  return Object.keys(CIRCUMSTANCES).filter((line) => !known.has(line));
}

/** @throws Error when it fails, or what has to be before it, or what is done after. */
export async function runExample(reader: Reader, { line, host: name }: Example): Promise<void> {
  const { as = {}, before = [], answers, meanwhile = [], after = [] } = CIRCUMSTANCES[line] ?? {};
  const type = async (lines: readonly Line[]) => {
    for (const [on, each] of lines) await reader.types(reader.host(on), each);
  };
  await type(before);
  const host = reader.host(name);
  let typed = line;
  for (const [from, to] of Object.entries(as)) typed = typed.replaceAll(from, to);
  typed = await withJournal(reader, host, typed);
  if (answers !== undefined) {
    await Promise.all([reader.converses(host, typed, answers), type(meanwhile)]);
  } else {
    await reader.types(host, typed);
  }
  await type(after);
  if (LOOKS.test(line.replace('sudo ', ''))) return;
  await until(() => isConnected(reader), { what: 'worker-1 is connected again' });
}

async function isConnected(reader: Reader): Promise<boolean> {
  const status = await reader.types(reader.host('worker-1'), 'banyan-agent status --json');
  return (JSON.parse(status) as { state: string }).state === 'connected';
}

/** There is no journal on hosts without systemd: what asks it is given what the service wrote. */
async function withJournal(reader: Reader, host: Host, line: string): Promise<string> {
  if (!line.includes('journalctl')) return line;
  await host.writeFile('/run/root/journal', reader.journal(host, 'banyan-engine'));
  return `journalctl() { grep 'audit --expect' journal | tail -n 1; }; ${line.replace('sudo ', '')}`;
}
