import { createSocket } from 'node:dgram';

/** The discard service (RFC 863): nobody is to answer. */
const PORT = 9;

/** Has the host send something to each of these addresses, so that WireGuard makes a session with whoever has it. */
export function greet(addresses: readonly string[]): void {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  let left = addresses.length;
  if (left === 0) return void socket.close();
  for (const address of addresses) {
    socket.send('', PORT, address, () => {
      left -= 1;
      if (left === 0) socket.close();
    });
  }
}
