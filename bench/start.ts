/**
 * How long people wait for `banyan-cli`, against the start of Node alone: `--version`, and `status` through the
 * control tunnel, between two test hosts with real WireGuard; and the programs of the package that `scripts/package`
 * has built, against those of the checkout. Needs root, for the hosts.
 */
import { globSync } from 'node:fs';
import { Lab, type Host } from '../test/lab/index.js';
import { note, ratios, report } from './rounds.js';

const COMMANDS = {
  node: ['node', '-e', '0'],
  version: ['banyan-cli', '--version'],
  status: ['banyan-cli', 'status'],
  packagedVersion: ['/usr/bin/banyan-cli', '--version'],
  packagedStatus: ['/usr/bin/banyan-cli', 'status'],
};

const [archive] = globSync('dist/banyan_*.tar.xz').sort();
if (archive === undefined) throw new Error('there is no package in dist/: run scripts/package first');

const lab = await Lab.create('bench');
try {
  const engine = await lab.host('engine');
  const laptop = await lab.host('laptop');
  await connect(engine, laptop);
  await installPackage(laptop, archive);
  const stopwatch = ['node', '/run/checkout/dist/bench/stopwatch.js', JSON.stringify(COMMANDS)];
  const times = JSON.parse(await laptop.output(stopwatch, { timeout: 300_000 })) as Record<
    keyof typeof COMMANDS,
    number[]
  >;
  await mustTakeTheTunnel(laptop);
  for (const [name, argv] of Object.entries(COMMANDS))
    note(argv.join(' '), times[name as keyof typeof COMMANDS], 'ms');
  report([
    {
      what: 'start: banyan-cli --version, of node -e 0',
      limit: { atMost: 5 },
      values: ratios(times.version, times.node),
    },
    {
      what: 'start: banyan-cli status by tunnel, of node -e 0',
      limit: { atMost: 9 },
      values: ratios(times.status, times.node),
    },
    {
      what: 'start: packaged banyan-cli --version, of the checkout',
      limit: { atMost: 1.05 },
      values: ratios(times.packagedVersion, times.version),
    },
    {
      what: 'start: packaged banyan-cli status, of the checkout',
      limit: { atMost: 1.05 },
      values: ratios(times.packagedStatus, times.status),
    },
  ]);
} finally {
  await lab.destroy();
}

async function connect(engine: Host, laptop: Host): Promise<void> {
  const engineKey = await initialized(engine, 'banyan-engine');
  const toEngine = ['--engine-host', engine.address, '--engine-wg-public-key', engineKey];
  const key = await initialized(laptop, 'banyan-cli', ...toEngine);
  await engine.output(['banyan-engine', 'add-client', '--name', 'cli-1', '--pubkey', key]);
  await engine.spawn(['banyan-engine', 'start']).says(/ready on TCP/, 30_000);
  await mustTakeTheTunnel(laptop);
}

/** Lays the files of the package over `/usr` of the host. */
async function installPackage(host: Host, archive: string): Promise<void> {
  const dist = '/run/checkout/dist';
  await host.output(['rm', '-rf', `${dist}/unpacked`, `${dist}/package`]);
  await host.output(['mkdir', `${dist}/unpacked`]);
  await host.output(['tar', '-C', `${dist}/unpacked`, '-xJf', `/run/checkout/${archive}`]);
  // What tar has just written lies in memory in small pieces, which costs each start of Node some milliseconds until
  // it is read anew, as after a boot; a copy is written in large ones.
  await host.output(['cp', '-a', `${dist}/unpacked`, `${dist}/package`]);
  const layers = `lowerdir=${dist}/package/usr:/usr`;
  await host.output(['mount', '-n', '-t', 'overlay', '-o', layers, 'lab', '/usr']);
}

/** @returns the public key. */
async function initialized(host: Host, program: string, ...flags: readonly string[]): Promise<string> {
  const made = await host.output([program, 'init', ...flags, '--json']);
  return (JSON.parse(made) as { public_key: string }).public_key;
}

async function mustTakeTheTunnel(laptop: Host): Promise<void> {
  const status = await laptop.output(['banyan-cli', 'status', '--json']);
  const { channel } = JSON.parse(status) as { channel: string };
  if (channel !== 'tunnel') throw new Error(`the figure is for the tunnel, and banyan-cli took: ${status}`);
}
