import { until, type Account, type Host, type Process } from '../lab/index.js';

/** What answers on a port greets whoever connects with the address it sees. */
const SERVER = `
  const server = require('net').createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(socket.remoteAddress.replace('::ffff:', '') + '\\n');
    socket.on('data', (data) => socket.write(data));
    socket.on('end', () => socket.end());
  });
  server.listen({ port: Number(process.argv[1]), host: '::', allowHalfOpen: true }, () => console.log('listening'));
`;

const CLIENT = `
  const [address, port, localAddress] = process.argv.slice(1);
  const socket = require('net').connect({ host: address, port: Number(port), localAddress });
  setTimeout(() => { console.log('timeout'); process.exit(); }, 1500);
  socket.on('error', (error) => { console.log(error.code); process.exit(); });
  socket.on('data', (data) => { console.log(String(data).trim()); process.exit(); });
`;

/** A line typed is sent; what comes back is printed. */
const TALKER = `
  const [address, port] = process.argv.slice(1);
  const socket = require('net').connect(Number(port), address);
  socket.pipe(process.stdout);
  process.stdin.pipe(socket);
`;

export async function listen(host: Host, port: number): Promise<Process> {
  const server = host.spawn(['node', '-e', SERVER, String(port)]);
  await server.says('listening');
  return server;
}

/** As {@link connect}, for who is to be answered: a handshake or a slow machine may take longer than one attempt. */
export async function reach(from: Account, address: string, port: number, source?: string): Promise<string> {
  const answer = async () => (await connect(from, address, port, source)).replace('timeout', '');
  return until(answer, { what: `${from.name} is answered by ${address}:${port}` });
}

/** @returns the address the server saw, or `timeout` when that takes a second and a half, or the system's error code. */
export async function connect(
  from: Account,
  address: string,
  port: number,
  source?: string,
): Promise<string> {
  const args = [address, String(port), ...(source === undefined ? [] : [source])];
  return (await from.output(['node', '-e', CLIENT, ...args])).trim();
}

/** An open connection. */
export async function talk(from: Account, address: string, port: number): Promise<Process> {
  const talker = from.spawn(['node', '-e', TALKER, address, String(port)]);
  await talker.says('\n');
  return talker;
}
