import { until, type Account, type Host } from '../lab/index.js';
import { agentStatus, json, operatorIsRefused, operatorStatus, PrivateNetwork } from './private-network.js';

interface Report {
  readonly public_key: string;
  readonly fingerprint: string;
}

describe("the engine's key", () => {
  let network: PrivateNetwork;
  let worker: Host;
  let laptop: Host;
  let user: Account;

  beforeAll(async () => {
    network = await PrivateNetwork.create('engine-key');
    await network.startEngine();
    worker = await network.lab.host('worker-1');
    laptop = await network.lab.host('laptop');
    user = await laptop.asUser(2000);
  });
  afterAll(() => network?.destroy());

  const engineReport = () => json<Report>(network.engine, ['banyan-engine', 'status']);

  it('that an agent was told wrongly is never connected to, and both fingerprints are named', async () => {
    const other = await json<Report>(laptop, [
      ...['banyan-cli', 'init', '--engine-host', network.engine.address],
    ]);
    const key = await json<Report>(worker, [
      ...['banyan-agent', 'init', '--engine-host', network.engine.address],
      ...['--engine-wg-public-key', other.public_key],
    ]);
    await network.addClient('worker-1', key.public_key);
    const agent = worker.spawn(['banyan-agent', 'start']);
    await agent.says(/says its key is/);
    // Its log comes first.
    const status = await until(
      async () => {
        const now = await agentStatus(worker);
        return now.last_error === null ? undefined : now;
      },
      { what: 'the status of the agent has an error' },
    );
    expect(status.state).toBe('connecting');
    expect(status.last_error).toContain((await engineReport()).fingerprint);
    expect(status.last_error).toContain(other.fingerprint);
    expect(status.remedy).toContain('init --keep --engine-wg-public-key');
    expect(await agent.stop()).toMatchObject({ exitCode: 0 });
    expect(agent.stderr).not.toContain('connected as');
  });

  it('that was trusted on first use and has changed is refused, until the operator says so', async () => {
    await network.join('cli', user as Host, { name: 'ada', pinned: false });
    const before = (await operatorStatus(user)).engine.fingerprint;
    await network.daemon.stop();
    await json(network.engine, ['banyan-engine', 'init']);
    await network.startEngine();
    const { fingerprint, public_key } = await engineReport();
    expect(fingerprint).not.toBe(before);

    await operatorIsRefused(user, `says its key is ${fingerprint}, but ${before} was pinned at first use`);

    await user.output(['banyan-cli', 'init', '--keep', '--engine-wg-public-key', public_key]);
    expect(await operatorStatus(user)).toMatchObject({ identity: 'ada', engine: { fingerprint } });
  });
});
