import { until, type Host, type Lab } from '../lab/index.js';
import { tellOfContainers } from './containers.js';
import { printedCommand } from './printed-command.js';
import type { Runtime } from './runtime.js';
import type { Stage } from './stage.js';
import { sortWire } from './wire.js';

const CONFIG = '/etc/banyan/banyan.yaml';
/** Packets of a capture that are shown; all are checked. */
const SHOWN = 8;

/**
 * From nothing to authenticated calls through the tunnel, and to containers that talk, as the README tells it.
 * @param runtimes is told of every runtime that was started, which has to be ended before the lab is.
 * @returns the hosts, with everything running.
 * @throws Error at the first step that does not do what it should.
 */
export async function tellStory(lab: Lab, stage: Stage, runtimes: Runtime[]): Promise<Host[]> {
  stage.title('Four servers on one network, which is recorded from the start');
  const engine = await lab.host('engine');
  const workers = [await lab.host('worker-1'), await lab.host('worker-2')] as const;
  const laptop = await lab.host('laptop');
  const hosts = [engine, ...workers, laptop];
  const captures = [];
  for (const host of hosts) {
    captures.push({ host, capture: await lab.capture(host) });
    stage.note(`${host.name.padEnd(10)}${host.address}`);
  }

  stage.title('The engine makes its key pair');
  await stage.run(engine, ['banyan-engine', 'init']);
  const engineKey = publicKeyIn(await engine.readFile(CONFIG));
  const reachEngine = ['--engine-host', engine.address, '--engine-wg-public-key', engineKey];

  stage.title('The workers make their own, and are told where the engine is and by which key to know it');
  const inits = [];
  for (const worker of workers) inits.push(await stage.run(worker, ['banyan-agent', 'init', ...reachEngine]));
  stage.title('Their public keys, and nothing else, go to the engine: the lines that init printed');
  for (const init of inits) await stage.run(engine, printedCommand(init, 'banyan-engine add-client'));

  stage.title('The same for the operator');
  const cliInit = await stage.run(laptop, ['banyan-cli', 'init', ...reachEngine]);
  await stage.run(engine, printedCommand(cliInit, 'banyan-engine add-client'));

  stage.title('Engine and agents start (on a real server: systemctl enable --now)');
  await stage.start(engine, ['banyan-engine', 'start'], /ready on TCP/);
  for (const worker of workers) await stage.start(worker, ['banyan-agent', 'start'], 'started');
  for (const worker of workers)
    await until(() => isReady(laptop, worker.name), { what: `${worker.name} is ready` });

  stage.title('Who is there');
  const status = await stage.run(laptop, ['banyan-cli', 'status']);
  if (!/^path:?\s+tunnel$/m.test(status)) throw new Error('banyan-cli did not take the tunnel');
  await stage.run(laptop, ['banyan-cli', 'agents']);

  const secret = await tellOfContainers({ lab, stage, workers }, runtimes);

  stage.title('What WireGuard says');
  for (const host of hosts) await stage.run(host, ['wg', 'show']);

  stage.title('What passed between the servers since the start');
  for (const { capture } of captures) await capture.stop();
  for (const { host, capture } of captures) {
    const { wireguard, other } = await sortWire(capture);
    stage.note(
      `${host.name}: ${wireguard.length} packets of UDP 51821 and 51820, ${other.length} of anything else`,
    );
    stage.note([...wireguard.slice(0, SHOWN), ...(wireguard.length > SHOWN ? ['…'] : [])].join('\n'));
    if (wireguard.length === 0) throw new Error(`no WireGuard packet passed ${host.name}`);
    if (other.length > 0) {
      throw new Error(`more than WireGuard passed ${host.name}:\n${other.slice(0, 20).join('\n')}`);
    }
    if (await capture.contains(secret)) throw new Error(`the page passed ${host.name} in clear`);
  }
  stage.title(
    'Nothing but WireGuard was on the wire, the page never in clear, and every call was made by a key the engine knows.',
  );
  return hosts;
}

/** As the spec's own recipe finds it: `grep wg_public_key`. */
function publicKeyIn(config: string): string {
  const key = /^\s*wg_public_key: "([^"]+)"$/m.exec(config)?.[1];
  if (key === undefined) throw new Error(`${CONFIG} has no wg_public_key`);
  return key;
}

/** It is online, and its link to the other is up. */
async function isReady(laptop: Host, name: string): Promise<boolean> {
  const agents = JSON.parse(await laptop.output(['banyan-cli', 'agents', '--json'])) as {
    name: string;
    state: string;
    links_up: number;
  }[];
  return agents.some((agent) => agent.name === name && agent.state === 'online' && agent.links_up === 1);
}
