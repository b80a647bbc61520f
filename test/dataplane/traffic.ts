import type { Account, Process } from '../lab/index.js';

/** What stands for data that nobody else may read: on the wire it is found wherever it is in clear. */
let payloads = 0;
export function payload(): string {
  payloads += 1;
  return `banyan-payload-${process.pid}-${payloads}-`.padEnd(64, 'x');
}

const LISTEN = `
  const [port] = process.argv.slice(1).map(Number);
  const udp = require('dgram').createSocket('udp4');
  udp.on('message', (text, from) => console.log('udp from ' + from.address + ': ' + text));
  const tcp = require('net').createServer((socket) => {
    const from = socket.remoteAddress;
    socket.on('data', (text) => console.log('tcp from ' + from + ': ' + text)).on('error', () => undefined);
    socket.write('welcome');
  });
  udp.bind(port, '0.0.0.0', () => tcp.listen(port, '0.0.0.0', () => console.log('listening')));`;

/** Takes what comes by UDP and TCP, and says it with where it came from. */
export async function listen(at: Account, port: number): Promise<Process> {
  const listener = at.spawn(['node', '-e', LISTEN, String(port)]);
  await listener.says('listening');
  return listener;
}

const SEND = `
  const [host, port, text, from] = process.argv.slice(1);
  const udp = require('dgram').createSocket('udp4');
  // A send that the kernel refuses is as good as one that it drops.
  udp.bind(0, from, () => udp.send(text, Number(port), host, () => udp.close()));`;

export interface Sending {
  readonly port: number;
  readonly text: string;
  /** Source address; absent: what the kernel chooses. */
  readonly from?: string;
}

/** Sends one datagram, whatever becomes of it. */
export async function send(by: Account, to: string, { port, text, from }: Sending): Promise<void> {
  await by.output(['node', '-e', SEND, to, String(port), text, ...(from ? [from] : [])]);
}

const TALK = `
  const [host, port] = process.argv.slice(1);
  const socket = require('net').connect(Number(port), host);
  socket.on('data', (text) => console.log('connected: ' + text));
  socket.on('error', (error) => console.log('failed: ' + error.code));
  process.stdin.pipe(socket);`;

/** A TCP connection: what is written to the process is sent by it. It says `connected` or `failed`. */
export function talk(by: Account, to: string, port: number): Process {
  return by.spawn(['node', '-e', TALK, to, String(port)]);
}

/** Whether a TCP connection opens within two seconds. */
export async function connects(by: Account, to: string, port: number): Promise<boolean> {
  const attempt = talk(by, to, port);
  try {
    await attempt.says('connected', 2_000);
    return true;
  } catch {
    return false;
  } finally {
    await attempt.signal('SIGKILL');
    await attempt.ended;
  }
}
