import type { Change } from '../device.js';
import { samplePublicKey } from '../testing/sample-device.js';
import { stepsOf } from './steps.js';

const reason = '';
const removal = (number: number): Change => ({
  kind: 'remove-peer',
  publicKey: samplePublicKey(number),
  reason,
});
const addition = (number: number): Change => ({
  kind: 'add-peer',
  peer: { publicKey: samplePublicKey(number), allowedIps: [] },
  reason,
});

describe('steps', () => {
  it('join neighbours that one process can do, and keep the order', () => {
    const changes: Change[] = [
      { kind: 'set-key', reason },
      { kind: 'set-mtu', mtu: 1420, reason },
      { kind: 'add-address', address: '10.0.0.1/32', reason },
      removal(1),
      addition(2),
      { ...addition(3), kind: 'update-peer' } as Change,
      { kind: 'set-up', reason },
      { kind: 'add-route', route: { destination: '10.0.0.0/8' }, reason },
    ];
    const steps = stepsOf(changes);
    expect(steps.map(({ tool }) => tool)).toEqual(['single', 'ip', 'remove-peers', 'add-peers', 'ip']);
    expect(
      steps.flatMap((step): Change[] => (step.tool === 'single' ? [step.change] : step.changes)),
    ).toEqual(changes);
  });

  it('put at most a thousand keys into the arguments of one process', () => {
    const steps = stepsOf(Array.from({ length: 2_500 }, (_, number) => removal(number)));
    expect(steps.map((step) => (step.tool === 'remove-peers' ? step.changes.length : 0))).toEqual([
      1_000, 1_000, 500,
    ]);
  });
});
