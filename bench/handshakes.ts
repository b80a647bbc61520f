/**
 * Handshakes a second at the engine's gate, whose callers prove a key of their own, against TLS 1.3 with an EC (P-256)
 * certificate that proves the server alone. Nobody resumes anything.
 */
import { startDoors, startKnocker } from './doors.js';
import { alternated, note, ratios, report } from './rounds.js';
import { makeCertificate } from './servers.js';

const KEYS = 200;
const WARM_UP_MS = 2_000;
const ROUND_MS = 1_000;
const ROUNDS = 15;

const [doors, knocker] = [startDoors(), startKnocker()];
try {
  const certificate = makeCertificate();
  const { port, key } = await doors.ask('gate', await knocker.ask('makeKeys', KEYS));
  const ways = {
    psk: { port, trusted: { key } },
    certificate: { port: await doors.ask('certificate', certificate), trusted: { cert: certificate.cert } },
  };
  const cpu = { psk: [] as number[], certificate: [] as number[] };
  const measure = (name: keyof typeof ways) => async (): Promise<number> => {
    const before = await doors.ask('cpuMicroseconds', null);
    const { handshakes, seconds } = await knocker.ask('knock', { ...ways[name], ms: ROUND_MS });
    cpu[name].push(((await doors.ask('cpuMicroseconds', null)) - before) / handshakes);
    return handshakes / seconds;
  };
  for (const way of Object.values(ways)) await knocker.ask('knock', { ...way, ms: WARM_UP_MS });
  const { psk, certificate: bare } = await alternated(
    { psk: measure('psk'), certificate: measure('certificate') },
    ROUNDS,
  );
  note('handshakes at the gate', psk, 'a second');
  note('handshakes with a certificate', bare, 'a second');
  note('processor time of a handshake at the gate', cpu.psk.slice(-ROUNDS), 'us');
  note('processor time of a handshake with a certificate', cpu.certificate.slice(-ROUNDS), 'us');
  report([
    {
      what: 'handshakes/s: gate, of TLS with an EC certificate',
      limit: { atLeast: 0.9 },
      values: ratios(psk, bare),
    },
  ]);
} finally {
  await Promise.all([doors.end(), knocker.end()]);
}
