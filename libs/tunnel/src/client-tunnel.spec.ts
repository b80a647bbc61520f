import { jest } from '@jest/globals';
import { tunnelAddress } from '#crypto';
import { BanyanError } from '#errors';
import { sampleKey, samplePublicKey } from '../../wireguard/src/testing/sample-device.js';
import { ClientTunnel, type ClientTunnelOptions } from './client-tunnel.js';
import { MemoryHost, Notes } from './testing/memory-host.js';

const NAME = 'wg-control';
const TABLE = 'banyan_control_agent';
const engineKey = samplePublicKey(1);
const engineEndpoint = '192.0.2.1:51821';
const UP = { up: true, detail: 'to the engine at 192.0.2.1:51821', guarded: true };
const noNft = new BanyanError('host', '`nft` is not installed');

describe("a client's tunnel", () => {
  let host: MemoryHost;
  let notes: Notes;
  let tunnel: ClientTunnel;
  beforeEach(() => {
    host = new MemoryHost();
    notes = new Notes();
    tunnel = client();
  });
  afterEach(() => tunnel.close());

  function client(changes: Partial<ClientTunnelOptions> = {}): ClientTunnel {
    return new ClientTunnel({
      host,
      log: notes,
      role: 'agent',
      privateKey: sampleKey(1),
      uid: 0,
      ...changes,
    });
  }
  const up = (on = tunnel, changes = {}) => on.up({ engineKey, engineEndpoint, ...changes });
  const device = () => host.devices.get(NAME);
  const engine = async () => (await device())?.peers[0];
  const changesOf = () => host.devices.applied.splice(0).flatMap(({ changes }) => changes);

  it('leads to the engine and nowhere else', async () => {
    expect(await up()).toEqual(UP);
    expect(await device()).toMatchObject({
      publicKey: sampleKey(1).publicKey,
      up: true,
      addresses: [`${tunnelAddress(sampleKey(1).publicKey)}/32`],
      peers: [{ publicKey: engineKey, endpoint: engineEndpoint, allowedIps: ['10.200.0.1/32'] }],
      routes: [{ destination: '10.200.0.1/32' }],
    });
    expect([...host.firewall.tables.keys()]).toEqual([TABLE]);
  });

  it('needs no change when it is up already, also for another run', async () => {
    await up();
    changesOf();
    expect(await up()).toEqual(UP);
    expect(await up(client())).toEqual(UP);
    expect(changesOf()).toEqual([]);
  });

  it('is narrower on a narrow path', async () => {
    host.network.path = { device: 'eth0', mtu: 1400 };
    await up();
    expect((await device())?.mtu).toBe(1320);
  });

  it('follows the engine to another endpoint that is given', async () => {
    await up();
    host.devices.hear(NAME, engineKey, { latestHandshakeMs: Date.now() });
    await up(tunnel, { engineEndpoint: '192.0.2.2:51821' });
    expect(await engine()).toMatchObject({ endpoint: '192.0.2.2:51821' });
  });

  it('leaves the engine where WireGuard found it', async () => {
    await up();
    host.devices.hear(NAME, engineKey, { endpoint: '198.51.100.1:7', latestHandshakeMs: Date.now() });
    await up();
    await up(client());
    await tunnel.reconcile();
    expect(await engine()).toMatchObject({ endpoint: '198.51.100.1:7' });
  });

  it('looks for the engine where it was told when the session is dead', async () => {
    await up();
    host.devices.hear(NAME, engineKey, {
      endpoint: '198.51.100.1:7',
      latestHandshakeMs: Date.now() - 200_000,
    });
    await tunnel.reconcile();
    expect(await engine()).toMatchObject({ endpoint: engineEndpoint });
  });

  it('leads to another engine when that has another key', async () => {
    await up();
    await up(tunnel, { engineKey: samplePublicKey(2) });
    expect((await device())?.peers.map(({ publicKey }) => publicKey)).toEqual([samplePublicKey(2)]);
  });

  it('is healed by a pass, rules and interface', async () => {
    await up();
    host.firewall.flush();
    host.devices.tamper(NAME, () => undefined);
    expect(await tunnel.reconcile()).toEqual(UP);
    expect(host.firewall.tables.has(TABLE)).toBe(true);
    expect((await device())?.up).toBe(true);
  });

  it('is not made by a pass before it is wanted', async () => {
    expect(await tunnel.reconcile()).toMatchObject({ up: false, detail: 'not started' });
    expect(await device()).toBeUndefined();
  });

  it('is looked after while it is watched', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      await up();
      tunnel.watch();
      host.firewall.flush();
      await jest.advanceTimersByTimeAsync(10_000);
      expect(host.firewall.tables.size).toBe(1);
      await tunnel.close();
      host.firewall.flush();
      await jest.advanceTimersByTimeAsync(60_000);
      expect(host.firewall.tables.size).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('is down with a reason', () => {
    it('when another role has the interface, which it leaves alone', async () => {
      await up(client({ role: 'cli', privateKey: sampleKey(2) }));
      expect(await up()).toMatchObject({
        up: false,
        detail: 'wg-control is owned by another role on this host: banyan-cli',
      });
      expect((await device())?.publicKey).toEqual(sampleKey(2).publicKey);
      expect([...host.firewall.tables.keys()]).toEqual(['banyan_control_cli']);
    });

    it('when there is no WireGuard, without a trace', async () => {
      host.devices.failAt('create', new BanyanError('host', 'there is no WireGuard'));
      expect(await up()).toEqual({ up: false, detail: 'there is no WireGuard', guarded: false });
      expect(host.firewall.tables.size).toBe(0);
      expect(notes.lines).toEqual(['tunnel.down: wg-control is down: there is no WireGuard']);
    });

    it('when there are no firewall rules to be had: it would be every user’s', async () => {
      host.firewall.fail(noNft);
      expect(await up()).toMatchObject({
        up: false,
        detail: expect.stringMatching(/^`nft` is not installed; without/) as string,
      });
      expect(await device()).toBeUndefined();
    });

    it('from the moment when its rules are gone and cannot be put back', async () => {
      await up();
      host.firewall.fail(noNft);
      expect(await tunnel.reconcile()).toMatchObject({ up: false, guarded: false });
      expect(await device()).toBeUndefined();
    });

    it('when setting it up fails half-way, rolled back, which is said', async () => {
      host.devices.failAt('add-route', new BanyanError('host', 'no route'));
      expect(await up()).toMatchObject({
        up: false,
        detail: 'no route; wg-control and its rules were removed again',
      });
      expect(await device()).toBeUndefined();
      expect(host.firewall.tables.size).toBe(0);
    });
  });

  describe('is refused', () => {
    const refusal = (kind: string, part: string) =>
      expect.objectContaining({ kind, message: expect.stringContaining(part) as string }) as Error;

    it('when the name is taken by something that is not WireGuard', async () => {
      host.devices.take(NAME, 'an interface of kind bridge');
      await expect(up()).rejects.toEqual(refusal('conflict', 'bridge'));
      expect(tunnel.state.up).toBe(false);
    });

    it('when another network has a part of its own', async () => {
      host.network.links = [{ name: 'eth0', mtu: 1500, addresses: ['10.200.1.2'] }];
      await expect(up()).rejects.toEqual(refusal('conflict', 'the address 10.200.1.2 on eth0'));
    });

    it('when the engine would have to be reached through itself', async () => {
      await expect(up(tunnel, { engineEndpoint: '10.200.0.1:51821' })).rejects.toEqual(
        refusal('conflict', "the engine's address 10.200.0.1"),
      );
    });

    it('for an endpoint that is none', async () => {
      await expect(up(tunnel, { engineEndpoint: 'engine.example:51821' })).rejects.toEqual(
        refusal('invalid', 'is not the endpoint of a peer'),
      );
    });
  });

  it('reaches an engine by IPv6', async () => {
    await up(tunnel, { engineEndpoint: '[2001:db8::1]:51821' });
    expect(await engine()).toMatchObject({ endpoint: '[2001:db8::1]:51821' });
  });

  it('takes over its own interface after `init` has given it another key', async () => {
    await up(client({ privateKey: sampleKey(2) }));
    expect(await up()).toEqual(UP);
    expect(await device()).toMatchObject({
      publicKey: sampleKey(1).publicKey,
      addresses: [`${tunnelAddress(sampleKey(1).publicKey)}/32`],
    });
  });

  describe('is taken away', () => {
    it('with its rules, also by another run, and a pass does not bring it back', async () => {
      await up();
      expect(await client().down()).toEqual({ interface: 'removed' });
      expect(await device()).toBeUndefined();
      expect(host.firewall.tables.size).toBe(0);
      expect(await tunnel.down()).toEqual({ interface: 'absent' });
      expect(await tunnel.reconcile()).toMatchObject({ up: false, detail: 'taken down' });
      expect(await device()).toBeUndefined();
    });

    it('but not from another role', async () => {
      await up(client({ role: 'cli', privateKey: sampleKey(2) }));
      expect(await tunnel.down()).toEqual({ interface: 'not ours' });
      expect(await device()).toBeDefined();
    });
  });
});
