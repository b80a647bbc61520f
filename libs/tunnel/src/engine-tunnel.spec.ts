import { jest } from '@jest/globals';
import { tunnelAddress } from '#crypto';
import { BanyanError } from '#errors';
import { sampleKey, samplePublicKey } from '../../wireguard/src/testing/sample-device.js';
import { EngineTunnel } from './engine-tunnel.js';
import { MemoryHost, Notes } from './testing/memory-host.js';

const NAME = 'wg-control';
const TABLE = 'banyan_control_engine';
const UP = { up: true, detail: 'listening on UDP port 51821', guarded: true };
const [one, two, three] = [samplePublicKey(1), samplePublicKey(2), samplePublicKey(3)];
const noWireguard = new BanyanError('host', 'there is no WireGuard', {
  remedy: 'apt-get install wireguard-go',
});
const noNft = new BanyanError('host', '`nft` is not installed', { remedy: 'apt-get install nftables' });

describe("the engine's tunnel", () => {
  let host: MemoryHost;
  let notes: Notes;
  let tunnel: EngineTunnel;
  beforeEach(() => {
    host = new MemoryHost();
    notes = new Notes();
    tunnel = engine();
  });
  afterEach(() => tunnel.close());

  function engine(changes: Partial<ConstructorParameters<typeof EngineTunnel>[0]> = {}): EngineTunnel {
    return new EngineTunnel({ host, log: notes, privateKey: sampleKey(1), ports: [50_051], ...changes });
  }
  const device = () => host.devices.get(NAME);
  const peers = async () => (await device())?.peers.map(({ publicKey }) => publicKey.text);
  /** Kinds of changes of every apply since the last call. */
  const applied = () => host.devices.applied.splice(0).map(({ changes }) => changes.map(({ kind }) => kind));

  it('is taken back by a run that made it, and left up by one that found it', async () => {
    await tunnel.open();
    await tunnel.close();
    const next = engine();
    await next.open();
    expect(await next.undo()).toBeUndefined();
    expect(await device()).toBeDefined();
    expect(await tunnel.undo()).toEqual({ interface: 'removed' });
    expect([await device(), [...host.firewall.tables.keys()]]).toEqual([undefined, []]);
  });

  it('is made with its one address and its one route, and says so once', async () => {
    expect(await tunnel.open()).toEqual(UP);
    expect(await device()).toMatchObject({
      publicKey: sampleKey(1).publicKey,
      listenPort: 51_821,
      up: true,
      addresses: ['10.200.0.1/32'],
      mtu: 1420,
      routes: [{ destination: '10.200.0.0/16' }],
    });
    await tunnel.reconcile();
    expect(notes.lines).toEqual(['tunnel.up: wg-control is up: listening on UDP port 51821']);
  });

  it('brings its interface up only after its rules are in place', async () => {
    let upBefore: boolean | undefined;
    const ensure = host.firewall.ensure.bind(host.firewall);
    host.firewall.ensure = async (table) => {
      upBefore = (await device())?.up;
      return ensure(table);
    };
    await tunnel.open();
    expect(upBefore).toBe(false);
  });

  it('takes another key in place, with its peers, and one more change for who is admitted later', async () => {
    await tunnel.open();
    await tunnel.admit([one]);
    applied();
    expect(await tunnel.rekey(sampleKey(2))).toEqual(UP);
    expect(applied()).toEqual([['set-key']]);
    expect(await device()).toMatchObject({
      publicKey: sampleKey(2).publicKey,
      peers: [{ publicKey: one }],
      addresses: ['10.200.0.1/32'],
    });
    await tunnel.admit([one, two]);
    await tunnel.reconcile();
    expect(applied()).toEqual([['add-peer']]);
    expect(await device()).toMatchObject({ publicKey: sampleKey(2).publicKey });
  });

  it('has the other key from its opening on when it is given before', async () => {
    await tunnel.rekey(sampleKey(2));
    expect(await device()).toBeUndefined();
    await tunnel.open();
    expect(await device()).toMatchObject({ publicKey: sampleKey(2).publicKey });
  });

  it('takes away the rules that another role has left behind', async () => {
    await host.firewall.ensure({ name: 'banyan_control_agent', chains: [] });
    await tunnel.open();
    expect([...host.firewall.tables.keys()]).toEqual([TABLE]);
  });

  describe('and who is admitted', () => {
    beforeEach(async () => {
      await tunnel.open();
      await tunnel.admit([one, two]);
      applied();
    });

    it('are its peers, each with its own address', async () => {
      expect((await device())?.peers).toMatchObject([
        { publicKey: one, allowedIps: [`${tunnelAddress(one)}/32`] },
        { publicKey: two, allowedIps: [`${tunnelAddress(two)}/32`] },
      ]);
    });

    it('change by the difference alone, without a look at the rest', async () => {
      const look = jest.spyOn(host.devices, 'get');
      await tunnel.admit([two, three]);
      expect(look).not.toHaveBeenCalled();
      expect(applied()).toEqual([['remove-peer', 'add-peer']]);
      expect(await peers()).toEqual([two.text, three.text]);
    });

    it('need no change when they are the same', async () => {
      await tunnel.admit([two, one]);
      expect(applied()).toEqual([]);
    });

    it('end in one more change, with the newest keys, however often they change meanwhile', async () => {
      const gate = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const apply = host.devices.apply.bind(host.devices);
      jest.spyOn(host.devices, 'apply').mockImplementationOnce(async (...args) => {
        begun.resolve();
        await gate.promise;
        return apply(...args);
      });
      const first = tunnel.admit([one]);
      await begun.promise;
      const later = [[one, three], [three], [two, three]].map((keys) => tunnel.admit(keys));
      gate.resolve();
      await Promise.all([first, ...later]);
      expect(applied()).toEqual([['remove-peer'], ['remove-peer', 'add-peer', 'add-peer']]);
      expect(await peers()).toEqual([two.text, three.text]);
    });

    it('are put right by a look when a change without one fails', async () => {
      host.devices.tamper(NAME, () => undefined);
      expect(await tunnel.admit([one, three])).toEqual(UP);
      expect(await peers()).toEqual([one.text, three.text]);
    });

    it('are revoked while a pass is looking, and the pass does not bring them back', async () => {
      const gate = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const get = host.devices.get.bind(host.devices);
      jest.spyOn(host.devices, 'get').mockImplementationOnce(async (name) => {
        const seen = await get(name);
        begun.resolve();
        await gate.promise;
        return seen;
      });
      const pass = tunnel.reconcile();
      await begun.promise;
      await tunnel.admit([two]);
      expect(await peers()).toEqual([two.text]);
      gate.resolve();
      await pass;
      expect(await peers()).toEqual([two.text]);
      await tunnel.admit([two, three]);
      expect(await peers()).toEqual([two.text, three.text]);
    });

    it('stay in touch while the engine restarts', async () => {
      await tunnel.close();
      const next = engine();
      await next.open();
      await next.admit([one, two]);
      expect(applied()).toEqual([]);
      await next.admit([two]);
      expect(applied()).toEqual([['remove-peer']]);
      await next.close();
    });

    it('are refused without harm to others where the key is the engine’s own', async () => {
      await tunnel.admit([one, sampleKey(1).publicKey]);
      expect(await peers()).toEqual([one.text]);
      expect(notes.lines.at(-1)).toMatch(
        /^tunnel.peer_refused: SHA256:.* is no peer of wg-control: it is this engine's own$/,
      );
    });

    it('are where WireGuard last heard from them', async () => {
      host.devices.hear(NAME, one, { endpoint: '192.0.2.9:4711' });
      expect([...(await tunnel.endpoints())]).toEqual([[one.text, '192.0.2.9:4711']]);
    });
  });

  it('has the peers that were admitted before it was opened', async () => {
    await tunnel.admit([one]);
    expect(applied()).toEqual([]);
    await tunnel.open();
    expect(await peers()).toEqual([one.text]);
  });

  it('is healed of what was changed by hand, and says what that was', async () => {
    await tunnel.admit([one]);
    await tunnel.open();
    host.devices.tamper(NAME, (before) => ({ ...before, peers: [], mtu: 1300 }));
    expect(await tunnel.reconcile()).toEqual(UP);
    expect(await peers()).toEqual([one.text]);
    expect(notes.lines.at(-1)).toBe(
      'drift.repaired: wg-control was put right: set the MTU to 1420 (the MTU is 1300); ' +
        `add the peer ${one.text} (it is a new peer)`,
    );
  });

  it('says no more than a person reads, however much was changed', async () => {
    await tunnel.admit(Array.from({ length: 20 }, (_, number) => samplePublicKey(100 + number)));
    await tunnel.open();
    host.devices.tamper(NAME, (before) => ({ ...before, peers: [] }));
    await tunnel.reconcile();
    expect(notes.lines.at(-1)).toMatch(/; and 15 more$/);
  });

  it('puts its rules back when they were flushed, and says so', async () => {
    await tunnel.open();
    host.firewall.flush();
    expect(await tunnel.reconcile()).toEqual(UP);
    expect(host.firewall.tables.has(TABLE)).toBe(true);
    expect(notes.lines.at(-1)).toBe(
      'drift.repaired: the firewall rules of wg-control had been changed and were put back',
    );
  });

  it('is looked after every ten seconds until it is closed', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      await tunnel.open();
      host.firewall.flush();
      await jest.advanceTimersByTimeAsync(10_000);
      expect(host.firewall.tables.size).toBe(1);
      await tunnel.close();
      host.firewall.flush();
      await jest.advanceTimersByTimeAsync(60_000);
      expect(host.firewall.tables.size).toBe(0);
      expect((await device())?.up).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('without WireGuard', () => {
    beforeEach(() => host.devices.failAt('create', noWireguard));

    it('is down with reason and remedy, says so once, and leaves no rules', async () => {
      expect(await tunnel.open()).toEqual({
        up: false,
        detail: 'there is no WireGuard',
        remedy: 'apt-get install wireguard-go',
        guarded: false,
      });
      host.devices.failAt('create', noWireguard);
      await tunnel.reconcile();
      expect(notes.lines).toEqual([
        'tunnel.down: wg-control is down: there is no WireGuard. Try: apt-get install wireguard-go',
      ]);
      expect(host.firewall.tables.size).toBe(0);
    });

    it('comes up with its peers as soon as there is some', async () => {
      await tunnel.open();
      await tunnel.admit([one]);
      expect(await tunnel.reconcile()).toEqual(UP);
      expect(await peers()).toEqual([one.text]);
    });
  });

  describe('without a firewall', () => {
    beforeEach(() => host.firewall.fail(noNft));

    it('is up and says that nothing guards it', async () => {
      expect(await tunnel.open()).toEqual({
        up: true,
        detail: 'listening on UDP port 51821, without firewall rules: `nft` is not installed',
        remedy: 'apt-get install nftables',
        guarded: false,
      });
    });

    it('is guarded as soon as there is one', async () => {
      await tunnel.open();
      host.firewall.fail(undefined);
      expect(await tunnel.reconcile()).toEqual(UP);
    });
  });

  describe('is refused', () => {
    const refused = async () => tunnel.open().catch((error: unknown) => error);

    it('when the name is taken by something that is not WireGuard', async () => {
      host.devices.take(NAME, 'an interface of kind bridge');
      expect(await refused()).toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('bridge') as string,
      });
    });

    it('when another role has the interface', async () => {
      await engine({ privateKey: sampleKey(2) }).open();
      host.network.aliases.set(NAME, 'banyan-agent');
      expect(await refused()).toMatchObject({
        kind: 'conflict',
        message: 'wg-control is owned by another role on this host: banyan-agent',
      });
      expect((await device())?.publicKey).toEqual(sampleKey(2).publicKey);
    });

    it('when another network has a part of its own', async () => {
      host.network.routes = [{ destination: '10.200.9.0/24', device: 'tun5' }];
      expect(await refused()).toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('tun5') as string,
      });
      expect(await device()).toBeUndefined();
    });

    it('when its port is taken, with the interface gone again', async () => {
      host.devices.failAt('set-up', new BanyanError('conflict', 'UDP port 51821 is in use'));
      expect(await refused()).toMatchObject({
        kind: 'conflict',
        message: 'UDP port 51821 is in use; wg-control and its rules were removed again',
      });
      expect(await device()).toBeUndefined();
      expect(host.firewall.tables.size).toBe(0);
    });

    it('and then admits nobody and heals nothing', async () => {
      host.devices.take(NAME, 'an interface of kind bridge');
      await refused();
      expect(await tunnel.admit([one])).toMatchObject({ up: false });
    });
  });

  it('takes over its own interface after `init` has given it another key', async () => {
    await engine({ privateKey: sampleKey(2) }).open();
    expect(await tunnel.open()).toEqual(UP);
    expect((await device())?.publicKey).toEqual(sampleKey(1).publicKey);
  });

  it('that another network comes upon stays as it is', async () => {
    await tunnel.open();
    host.network.routes = [{ destination: '10.200.9.0/24', device: 'tun5' }];
    expect(await tunnel.reconcile()).toEqual(UP);
  });

  describe('is taken away', () => {
    it('with its rules, also by a run that did not open it', async () => {
      await tunnel.open();
      expect(await engine().remove()).toEqual({ interface: 'removed' });
      expect(await device()).toBeUndefined();
      expect(host.firewall.tables.size).toBe(0);
      expect(await engine().remove()).toEqual({ interface: 'absent' });
    });

    it('but not from another role', async () => {
      await engine({ privateKey: sampleKey(2) }).open();
      host.network.aliases.set(NAME, 'banyan-agent');
      expect(await tunnel.remove()).toEqual({ interface: 'not ours' });
      expect(await device()).toBeDefined();
    });

    it('though its rules cannot be, and that is said', async () => {
      await tunnel.open();
      host.firewall.fail(noNft);
      expect(await tunnel.remove()).toEqual({ interface: 'removed', warning: '`nft` is not installed' });
    });
  });
});
