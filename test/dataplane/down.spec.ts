import { DATA_PLANE_TABLES } from '../../libs/dataplane/src/rules/tables.js';
import { Lab, type Host } from '../lab/index.js';
import { Worker } from './worker.js';

/** Of the host's network, what a person would look at. */
async function state(host: Host): Promise<Record<string, unknown>> {
  const json = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await host.output(['ip', '-json', ...args]));
  return {
    links: await json('link'),
    addresses: await json('address'),
    routes: await json('route', 'show', 'table', 'all'),
    routingRules: await json('rule'),
    rules: await host.output(['nft', 'list', 'ruleset']),
    wireguard: (await host.run(['pgrep', 'wireguard-go'])).stdout,
  };
}

describe('taking the data plane down', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;

  beforeAll(async () => {
    lab = await Lab.create('down');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  it('leaves the host as it was, and says that forwarding stays on', async () => {
    // The modules of the kernel's firewall come with its first use, and may show.
    await one.host.output(['nft', 'list', 'ruleset']);
    const before = await state(one.host);
    await one.plane.apply(one.among([one, two]));
    expect(await state(one.host)).not.toEqual(before);
    const changes = await one.newPlane().down();
    expect(changes.map(({ what }) => what)).toEqual([
      'remove the interface banyan-wg',
      'remove the bridge banyan0',
      'remove the blackhole route for 10.201.0.0/16',
      'remove the routing rule to 10.201.0.0/16 blackhole',
      'remove the routing rule fwmark 0x1000/0x1000 to 10.201.0.0/16 lookup main',
      ...['banyan-wg', 'banyan0', 'lo'].map(
        (from) => `remove the routing rule iif ${from} to 10.201.0.0/16 lookup main`,
      ),
      ...DATA_PLANE_TABLES.map((table) => `remove the firewall table ${table}`),
      'remove the closing rules for the next boot',
      'leave IP forwarding on',
    ]);
    expect(await state(one.host)).toEqual(before);
    expect(await one.host.output(['sysctl', '-n', 'net.ipv4.ip_forward'])).toBe('1\n');
  });

  it('does nothing where there is nothing, and leaves what only has the name of ours', async () => {
    expect(await one.plane.down()).toEqual([]);
    await two.host.output(['ip', 'link', 'add', 'banyan0', 'type', 'veth', 'peer', 'name', 'banyan-wg']);
    const before = await state(two.host);
    expect(await two.plane.down()).toEqual([]);
    expect(await state(two.host)).toEqual(before);
  });
});
