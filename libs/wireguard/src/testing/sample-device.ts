import { PrivateKey, PublicKey } from '#crypto';
import type { DesiredDevice } from '../device.js';

/** A private key whose 32 bytes are all `byte` (then clamped): the same in every run. */
export function sampleKey(byte: number): PrivateKey {
  return PrivateKey.parse(Buffer.alloc(32, byte).toString('base64'));
}

/** A usable public key with this number in it, made without any multiplication. */
export function samplePublicKey(number: number): PublicKey {
  const bytes = Buffer.alloc(32, 9);
  bytes.writeUInt32BE(number);
  return PublicKey.fromBytes(bytes);
}

/** `wg-control` as an engine has it, without peers. */
export function sampleDevice(changes: Partial<DesiredDevice> = {}): DesiredDevice {
  return {
    name: 'wg-control',
    privateKey: sampleKey(1),
    listenPort: 51_821,
    addresses: ['10.200.0.1/32'],
    mtu: 1420,
    peers: [],
    routes: [],
    ...changes,
  };
}
