import type { ActualDevice } from '#wireguard';
import { sampleKey } from '../../wireguard/src/testing/sample-device.js';
import { HeldByAnotherRole, refuseHeld } from './ownership.js';

const [own, other] = [sampleKey(1).publicKey, sampleKey(2).publicKey];
const device: ActualDevice = {
  name: 'wg-control',
  implementation: 'kernel',
  listenPort: 1,
  up: true,
  addresses: [],
  mtu: 1420,
  peers: [],
  routes: [],
};

describe('wg-control', () => {
  it.each([
    ['has our key', { ...device, publicKey: own }, undefined],
    ['has a former key of ours under our label', { ...device, publicKey: other }, 'banyan-agent'],
    ['has no key yet', device, undefined],
  ])('is ours when it %s', (_, held, alias) => {
    expect(() => refuseHeld(held, alias, 'agent', own)).not.toThrow();
  });

  it.each([
    ['banyan-engine', 'banyan-engine', 'banyan-engine down'],
    ['banyan-cli', 'banyan-cli', 'banyan-cli disconnect'],
    [undefined, `whoever has the key ${other.fingerprint}`, 'ip link delete wg-control'],
    ['some\ntext', `whoever has the key ${other.fingerprint}`, 'ip link delete wg-control'],
  ])('with another key and the label %j is held by %s', (alias, holder, command) => {
    const act = () => refuseHeld({ ...device, publicKey: other }, alias, 'agent', own);
    expect(act).toThrow(HeldByAnotherRole);
    expect(act).toThrow(
      expect.objectContaining({
        message: `wg-control is owned by another role on this host: ${holder}`,
        remedy: expect.stringContaining(command) as string,
      }) as Error,
    );
  });
});
