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
  console.log('trying');
  socket.on('data', (text) => console.log('connected: ' + text));
  socket.on('error', (error) => console.log('failed: ' + error.code));
  process.stdin.pipe(socket);`;

/** A TCP connection: what is written to the process is sent by it. It says `connected` or `failed`. */
export function talk(by: Account, to: string, port: number): Process {
  return by.spawn(['node', '-e', TALK, to, String(port)]);
}

/** @throws Error when no TCP connection opens. */
export async function connects(by: Account, to: string, port: number): Promise<void> {
  await attempt(by, to, port, (trial) => trial.says('connected: welcome'));
}

/** @throws Error when a TCP connection opens within a second, in which the kernel asks twice. */
export async function connectsNot(by: Account, to: string, port: number): Promise<void> {
  await attempt(by, to, port, async (trial) => {
    await trial.says('trying');
    await trial.says(/connected|failed/, 1_200).catch(() => undefined);
    if (trial.stdout.includes('connected')) throw new Error(`\`${trial.command}\` was answered`);
  });
}

/** @throws Error when an echo comes back within a second. */
export async function echoesNot(by: Account, to: string): Promise<void> {
  const { exitCode } = await by.run(['ping', '-c', '2', '-i', '0.2', '-W', '1', to]);
  if (exitCode === 0) throw new Error(`${by.name} is answered by ${to}`);
}

async function attempt(
  by: Account,
  to: string,
  port: number,
  judge: (trial: Process) => Promise<void>,
): Promise<void> {
  const trial = talk(by, to, port);
  try {
    await judge(trial);
  } finally {
    await trial.signal('SIGKILL');
    await trial.ended;
  }
}
