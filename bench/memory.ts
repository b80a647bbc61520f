/**
 * Memory that a thousand agents add to the server's process: each with a key and a connection of its own,
 * registered, with Sync open. A new server for every measurement, since a process seldom gives memory back;
 * a few agents come first, so that what is loaded and compiled once does not count.
 */
import { startCallers } from './callers.js';
import { alternated, note, ratios, report } from './rounds.js';
import { makeCertificate, startServer, type ServerName } from './servers.js';

const AGENTS = 1_000;
const FIRST = 50;

const callers = startCallers();
const certificate = makeCertificate();
try {
  const keys = await callers.ask('makeKeys', FIRST + AGENTS);
  const added = await alternated({
    'engine, plain': () => addedBytes('engine, plain', keys),
    'bare, plain': () => addedBytes('bare, plain', keys),
    'bare, certificate': () => addedBytes('bare, certificate', keys),
    'engine, PSK': () => addedBytes('engine, PSK', keys),
  });
  for (const [name, bytes] of Object.entries(added)) {
    note(
      `an agent, ${name}`,
      bytes.map((each) => each / AGENTS / 1024),
      'KiB',
    );
  }
  const compare = (ours: ServerName, bare: ServerName) => ({
    what: `memory of ${AGENTS} agents: ${ours}, of ${bare}`,
    limit: { atMost: 2 },
    values: ratios(added[ours], added[bare]),
  });
  report([compare('engine, plain', 'bare, plain'), compare('engine, PSK', 'bare, certificate')]);
} finally {
  await callers.end();
}

async function addedBytes(name: ServerName, keys: readonly string[]): Promise<number> {
  const { part, address } = await startServer(name, keys, certificate);
  const { port } = address;
  try {
    await callers.ask('connect', { address, from: 0, to: FIRST });
    await callers.ask('openStreams', { port });
    const before = await part.ask('residentBytes', 'collected');
    await callers.ask('connect', { address, from: FIRST, to: FIRST + AGENTS });
    await callers.ask('openStreams', { port });
    return (await part.ask('residentBytes', 'collected')) - before;
  } finally {
    await callers.ask('hangUp', { port });
    await part.end();
  }
}
