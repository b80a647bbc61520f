import { BanyanError } from '#errors';
import type { Change } from '../device.js';
import { plan } from '../plan.js';
import { MemoryDevices } from './memory-devices.js';
import { sampleDevice, samplePublicKey } from './sample-device.js';

const peer = { publicKey: samplePublicKey(1), allowedIps: ['10.200.1.1/32'] };
const desired = sampleDevice({ peers: [peer] });

describe('devices in memory', () => {
  it('remember what was applied and forget what was removed', async () => {
    const devices = new MemoryDevices();
    const changes = plan(desired, undefined);
    await devices.apply(desired, changes);
    expect(devices.applied).toEqual([{ name: 'wg-control', changes }]);
    expect(await devices.get('wg-control')).toMatchObject({ up: true, listenPort: 51_821 });
    await devices.remove('wg-control');
    expect(await devices.get('wg-control')).toBeUndefined();
  });

  it.each<[string, Change]>([
    ['create', { kind: 'create', reason: '' }],
    ['add-peer', { kind: 'add-peer', peer, reason: '' }],
    [
      'update-peer',
      { kind: 'update-peer', peer: { publicKey: samplePublicKey(2), allowedIps: [] }, reason: '' },
    ],
    ['remove-peer', { kind: 'remove-peer', publicKey: samplePublicKey(2), reason: '' }],
    ['add-address', { kind: 'add-address', address: '10.200.0.1/32', reason: '' }],
    ['remove-address', { kind: 'remove-address', address: '10.200.0.2/32', reason: '' }],
  ])('refuse %s where no plan would have it', async (kind, change) => {
    const devices = new MemoryDevices();
    await devices.apply(desired, plan(desired, undefined));
    await expect(devices.apply(desired, [change])).rejects.toThrow(`${kind}: `);
  });

  it('refuse routes on an interface that is down, and any change of none', async () => {
    const devices = new MemoryDevices();
    const addRoute: Change = { kind: 'add-route', route: { destination: '10.0.0.0/24' }, reason: '' };
    await expect(devices.apply(desired, [addRoute])).rejects.toThrow('there is no wg-control');
    await expect(devices.apply(desired, [{ kind: 'create', reason: '' }, addRoute])).rejects.toThrow(
      'is down',
    );
  });

  it('roll back a new interface whose set-up fails, and keep an old one', async () => {
    const devices = new MemoryDevices();
    const failure = new BanyanError('host', 'no');
    devices.failAt('add-peer', failure);
    await expect(devices.apply(desired, plan(desired, undefined))).rejects.toBe(failure);
    expect(await devices.get('wg-control')).toBeUndefined();
    const bare = sampleDevice();
    await devices.apply(bare, plan(bare, undefined));
    devices.failAt('add-peer', failure);
    await expect(devices.apply(desired, plan(desired, await devices.get('wg-control')))).rejects.toBe(
      failure,
    );
    expect(await devices.get('wg-control')).toBeDefined();
  });

  it('say who has a name that is taken', async () => {
    const devices = new MemoryDevices();
    devices.take('wg-control', 'an interface of kind veth');
    await expect(devices.get('wg-control')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(devices.remove('wg-control')).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('show what was tampered with', async () => {
    const devices = new MemoryDevices();
    await devices.apply(desired, plan(desired, undefined));
    devices.tamper('wg-control', (device) => ({ ...device, up: false, routes: [] }));
    expect(plan(desired, await devices.get('wg-control')).map(({ kind }) => kind)).toEqual(['set-up']);
  });
});
