/**
 * Calls per second through gate, Nest and guard, against grpc-js with nothing around it: 64 callers in
 * another process, each with a connection and a key of its own, one call after the other.
 *
 * Beside it, the processor time that the server spends on a call: what the caller's own costs do not hide.
 */
import { startCallers } from './callers.js';
import { alternated, note, ratios, report } from './rounds.js';
import { makeCertificate, SERVERS, startServer, type RunningServer, type ServerName } from './servers.js';

const CALLERS = 64;
const WARM_UP_MS = 2_000;
/** Short, so that what else the machine does meets both alike. */
const ROUND_MS = 500;
const ROUNDS = 25;

const callers = startCallers();
const servers = new Map<ServerName, RunningServer>();
try {
  const keys = await callers.ask('makeKeys', CALLERS);
  const certificate = makeCertificate();
  for (const name of Object.keys(SERVERS) as ServerName[]) {
    const server = await startServer(name, keys, certificate);
    servers.set(name, server);
    await callers.ask('connect', { address: server.address, from: 0, to: CALLERS });
    await callers.ask('call', { port: server.address.port, ms: WARM_UP_MS });
  }
  report([
    ...(await compare('engine, plain', 'bare, plain')),
    ...(await compare('engine, PSK', 'bare, certificate')),
  ]);
} finally {
  await Promise.all([callers, ...Array.from(servers.values(), ({ part }) => part)].map((part) => part.end()));
}

async function compare(ours: ServerName, bare: ServerName) {
  const cpu: Record<string, number[]> = { [ours]: [], [bare]: [] };
  const measure = (name: ServerName) => async (): Promise<number> => {
    const { part, address } = servers.get(name)!;
    const before = await part.ask('cpuMicroseconds', null);
    const { calls, seconds } = await callers.ask('call', { port: address.port, ms: ROUND_MS });
    cpu[name]!.push(((await part.ask('cpuMicroseconds', null)) - before) / calls);
    return calls / seconds;
  };
  const perSecond = await alternated({ ours: measure(ours), bare: measure(bare) }, ROUNDS);
  note(`RPC/s, ${ours}`, perSecond.ours, 'RPC/s');
  note(`RPC/s, ${bare}`, perSecond.bare, 'RPC/s');
  note(`processor time of a call in the server, ${ours}`, cpu[ours]!, 'us');
  note(`processor time of a call in the server, ${bare}`, cpu[bare]!, 'us');
  const what = `RPC/s: ${ours}, of ${bare}`;
  return [{ what, limit: { atLeast: 0.8 }, values: ratios(perSecond.ours, perSecond.bare) }];
}
