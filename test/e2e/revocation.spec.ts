import { until, type Host, type Process } from '../lab/index.js';
import {
  agentIs,
  CONFIG,
  GRPC_PORT,
  json,
  KEYS_DIRECTORY,
  nextLine,
  PrivateNetwork,
} from './private-network.js';

describe('a key', () => {
  let network: PrivateNetwork;
  let worker: Host;
  let agent: Process;
  let key: string;

  beforeAll(async () => {
    network = await PrivateNetwork.create('revocation');
    await network.startEngine();
    worker = await network.lab.host('worker-1');
    key = await network.join('agent', worker);
    agent = await network.startAgent(worker);
    // On a busy machine it is connected directly first, and has no stream while it moves.
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
  });
  afterAll(() => network?.destroy());

  const connections = () =>
    worker.output(['ss', '-Htn', 'state', 'established', 'dport', '=', `:${GRPC_PORT}`]);
  const peers = () => network.engine.output(['wg', 'show', 'wg-control', 'peers']);

  describe.each<[string, () => Promise<unknown>]>([
    ['by removing its file', () => network.engine.removeFile(`${KEYS_DIRECTORY}/worker-1.pub`)],
    [
      'by remove-client',
      async () => {
        const removed = await json(network.engine, ['banyan-engine', 'remove-client', '--name', 'worker-1']);
        expect(removed).toMatchObject({ public_key: key });
        expect(removed).not.toMatchObject({ connections_closed: 0 });
      },
    ],
  ])('that is revoked %s', (_, revoke) => {
    it('loses its stream at once, and its peer', async () => {
      expect(await peers()).toContain(key);
      const ended = nextLine(agent, /the stream ended/);
      const closed = nextLine(network.daemon, /client\.disconnected worker-1: closed \d+ connections/);
      // How fast that is, is measured in bench/revocation.ts; here, that it is told: a frozen agent notices no silence.
      // The engine would let go of it too, after a while, and says only of a revoked key that it has closed connections.
      await agent.signal('SIGSTOP');
      expect(await connections()).not.toBe('');
      await revoke();
      await closed;
      await until(async () => (await connections()) === '', { what: 'its host has no connection any more' });
      await agent.signal('SIGCONT');
      await ended;
      await until(async () => !(await peers()).includes(key), {
        what: 'wg-control on the engine has no such peer',
      });
    });

    it('leaves its agent with the reason and the remedy', async () => {
      const status = await agentIs(worker, { state: 'refused', channel: null });
      expect(status.last_error).toMatch(/the key SHA256:\S+ is not on the engine's whitelist/);
      expect(status.remedy).toContain(`banyan-engine add-client --name NAME --pubkey '${key}'`);
      expect(await worker.output(['banyan-agent', 'status'])).toMatch(
        /^state: +refused for .*^try: +On the engine/ms,
      );
    });

    it('is back once it is added again, without a touch to its agent', async () => {
      const said = await network.addClient('worker-1', key, '--wait=60s');
      expect(said).toMatch(/^worker-1 connected (by tunnel|directly) after \d+ (?:s|min)$/m);
      await agentIs(worker, { state: 'connected', channel: 'tunnel' });
      expect(agent.result).toBeUndefined();
    });
  });

  it('that is rotated by init is taken by --replace only, and then the old one is refused', async () => {
    const old = key;
    const text = await worker.output(['banyan-agent', 'init']);
    expect(text).toContain('--replace');
    key = (await json<{ public_key: string }>(worker, ['banyan-agent', 'init', '--keep'])).public_key;
    expect(key).not.toBe(old);
    await agent.stop();
    await expect(network.addClient('worker-1', key)).rejects.toThrow(/--replace/);
    await network.addClient('worker-1', key, '--replace');
    agent = await network.startAgent(worker);
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
    await agent.stop();

    const former = worker.spawn(['banyan-agent', 'start', '--config', `${CONFIG}.previous`]);
    await former.says(/is not on the engine's whitelist/);
    expect(former.stderr).not.toContain('connected as');
    await former.stop();
    await until(async () => (await peers()) === `${key}\n`, {
      what: 'wg-control on the engine has the new key as its one peer',
    });
  });
});
