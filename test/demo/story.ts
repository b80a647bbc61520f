import { until, type Host, type Lab } from '../lab/index.js';
import { printedCommand } from './printed-command.js';
import type { Stage } from './stage.js';
import { sortWire } from './wire.js';

const CONFIG = '/etc/banyan/banyan.yaml';
/** Packets of a capture that are shown; all are checked. */
const SHOWN = 8;

/**
 * From nothing to authenticated calls through the tunnel, as the README tells it.
 * @returns the hosts, with everything running.
 * @throws Error at the first step that does not do what it should.
 */
export async function tellStory(lab: Lab, stage: Stage): Promise<Host[]> {
  stage.title('Three servers on one network, which is recorded from the start');
  const engine = await lab.host('engine');
  const worker = await lab.host('worker-1');
  const laptop = await lab.host('laptop');
  const hosts = [engine, worker, laptop];
  const captures = [];
  for (const host of hosts) {
    captures.push({ host, capture: await lab.capture(host) });
    stage.note(`${host.name.padEnd(10)}${host.address}`);
  }

  stage.title('The engine makes its key pair');
  await stage.run(engine, ['banyan-engine', 'init']);
  const engineKey = publicKeyIn(await engine.readFile(CONFIG));
  const reachEngine = ['--engine-host', engine.address, '--engine-wg-public-key', engineKey];

  stage.title('The worker makes its own, and is told where the engine is and by which key to know it');
  const agentInit = await stage.run(worker, ['banyan-agent', 'init', ...reachEngine]);
  stage.title('Its public key, and nothing else, goes to the engine: the line that init printed');
  await stage.run(engine, printedCommand(agentInit, 'banyan-engine add-client'));

  stage.title('The same for the operator');
  const cliInit = await stage.run(laptop, ['banyan-cli', 'init', ...reachEngine]);
  await stage.run(engine, printedCommand(cliInit, 'banyan-engine add-client'));

  stage.title('Engine and agent start (on a real server: systemctl start)');
  await stage.start(engine, ['banyan-engine', 'start'], /ready on TCP/);
  await stage.start(worker, ['banyan-agent', 'start'], 'started');
  await until(() => isOnline(laptop, worker.name), { timeout: 30_000, what: `${worker.name} is online` });

  stage.title('Who is there');
  const status = await stage.run(laptop, ['banyan-cli', 'status']);
  if (!/^path:?\s+tunnel$/m.test(status)) throw new Error('banyan-cli did not take the tunnel');
  await stage.run(laptop, ['banyan-cli', 'agents']);

  stage.title('What WireGuard says');
  for (const host of hosts) await stage.run(host, ['wg', 'show']);

  stage.title('What passed between the servers since the start');
  for (const { capture } of captures) await capture.stop();
  for (const { host, capture } of captures) {
    const { wireguard, other } = await sortWire(capture);
    stage.note(`${host.name}: ${wireguard.length} packets of UDP 51821, ${other.length} of anything else`);
    stage.note([...wireguard.slice(0, SHOWN), ...(wireguard.length > SHOWN ? ['…'] : [])].join('\n'));
    if (wireguard.length === 0) throw new Error(`no WireGuard packet passed ${host.name}`);
    if (other.length > 0) {
      throw new Error(`more than WireGuard passed ${host.name}:\n${other.slice(0, 20).join('\n')}`);
    }
  }
  stage.title('Nothing but WireGuard was on the wire, and every call was made by a key the engine knows.');
  return hosts;
}

/** As the spec's own recipe finds it: `grep wg_public_key`. */
function publicKeyIn(config: string): string {
  const key = /^\s*wg_public_key: "([^"]+)"$/m.exec(config)?.[1];
  if (key === undefined) throw new Error(`${CONFIG} has no wg_public_key`);
  return key;
}

async function isOnline(laptop: Host, name: string): Promise<boolean> {
  const agents = JSON.parse(await laptop.output(['banyan-cli', 'agents', '--json'])) as {
    name: string;
    state: string;
  }[];
  return agents.some((agent) => agent.name === name && agent.state === 'online');
}
