import { randomBytes } from 'node:crypto';
import { until, type Host, type Lab } from '../lab/index.js';
import { startRuntime, type Runtime } from './runtime.js';
import type { Stage } from './stage.js';

/**
 * A container on each of two workers, and a page that one fetches from the other.
 * @param started is told of every runtime, which has to be ended before the lab is.
 * @returns what was in the page, to be looked for on the wire.
 * @throws Error at the first step that does not do what it should.
 */
export async function tellOfContainers(
  { lab, stage, workers: [here, there] }: { lab: Lab; stage: Stage; workers: readonly [Host, Host] },
  started: Runtime[],
): Promise<string> {
  stage.title('A container on each worker, by Docker');
  const [client, server] = [await startRuntime(here, stage), await startRuntime(there, stage)];
  started.push(client, server);
  const secret = `only-for-us-${randomBytes(12).toString('hex')}`;
  const fetching = await client.serve('nothing\n');
  const serving = await server.serve(`${secret}\n`);
  for (const worker of [here, there]) await stage.run(worker, ['banyan-agent', 'containers']);

  stage.title('How a packet finds its way: the routes of a worker');
  await stage.run(here, ['ip', 'route']);

  stage.title(`A container on ${here.name} fetches a page from one on ${there.name}, at its own address`);
  const tunnel = await lab.capture(there, 'banyan-wg');
  const url = `http://${serving.address}:8080/page.html`;
  const fetch = ['busybox', 'timeout', '5', 'busybox', 'wget', '-q', '-O', '-', url];
  const page = await until(() => fetching.inside.output(fetch), { what: `${url} answers` });
  stage.note(`${here.name}'s container: wget ${url}`);
  stage.note(page);
  if (page.trim() !== secret) throw new Error('the page is not what the other container serves');
  await tunnel.stop();
  if (!(await tunnel.contains(secret))) throw new Error('what is looked for on the wire was never sent');

  stage.title('Who talks with whom, as one worker sees it, without asking the engine');
  await stage.run(here, ['banyan-agent', 'status']);
  return secret;
}
