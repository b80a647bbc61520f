import { parseDocument } from '../../../libs/config/src/document.js';
import { checkSection } from '../../../libs/config/src/section.js';
import { ROLES, type Role } from '#config';
import { PublicKey } from '#crypto';
import { escapedName, isClientName, parseClientName } from '../../../libs/whitelist/src/client-name.js';
import { parseClientFile } from '../../../libs/whitelist/src/client-file.js';
import { sampleKey, samplePublicKey } from '../../../libs/wireguard/src/testing/sample-device.js';
import { parseLastSeen } from '../../../apps/engine/src/seen/last-seen-file.js';
import { LIMIT_MS, broken, fuzz } from './cases.js';

const bytes = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('a .pub file, whatever it holds', () => {
  const [own, one, two] = [samplePublicKey(1), samplePublicKey(2), samplePublicKey(3)];
  const zero = Buffer.alloc(32).toString('base64');
  const samples = bytes([
    `${one.text}\n`,
    `# role: agent\n# expires: 2027-01-31\n# note: the one in the cellar\n${one.text}\r\n`,
    `"${one.text}"\n'${own.text}'\n\n`,
    `${one.text}\n${two.text}\n`,
    `${own.text}\n`,
    `${zero}\n`,
  ]);
  const words = bytes([one.text, own.text, zero, '# role: ', 'cli', '# expires: ', '9999-99-99', '\ufeff']);

  it(
    'is one key that stands in it, in one spelling, or is refused',
    () => {
      fuzz(
        (dice) => broken(dice, samples, words).toString('utf8'),
        (text) => {
          const content = parseClientFile(text, [own]);
          if ('reason' in content) {
            if (content.reason.length > 300 || content.remedy === '') throw new Error('no sentence');
            return;
          }
          const { publicKey, terms } = content;
          if (!['any', 'agent', 'cli'].includes(terms.role)) throw new Error('a role that is none');
          if (terms.role === 'any' && /^# role: (agent|cli)$/m.test(text))
            throw new Error('wider than it says');
          if (/\p{Cc}|\p{Bidi_Control}/u.test(terms.note ?? ''))
            throw new Error('a note that is not printed harmlessly');
          if (publicKey.equals(own)) throw new Error("the engine's own key was taken");
          if (!text.includes(publicKey.text)) throw new Error('the key does not stand in the file');
          if (!PublicKey.parse(publicKey.text, 'It').equals(publicKey)) throw new Error('two spellings');
        },
      );
    },
    LIMIT_MS,
  );

  it(
    'has a name that is a plain word, or is refused and printed harmlessly',
    () => {
      const names = bytes(['worker-1', 'a.b_c-d', '..', '-rf', 'x'.repeat(63), '$(touch x)', '\x1b[2J']);
      fuzz(
        (dice) => broken(dice, names).toString(dice.below(2) === 0 ? 'utf8' : 'latin1'),
        (text) => {
          if (!/^[\x20-\x7e]{0,600}$/.test(escapedName(text))) throw new Error('not printed harmlessly');
          if (isClientName(text) && !/^\w[\w.-]*$/.test(text)) throw new Error('no plain word');
          parseClientName(text);
        },
      );
    },
    LIMIT_MS,
  );
});

describe('a banyan.yaml, whatever it holds', () => {
  const key = sampleKey(1);
  const samples = bytes([
    `engine:\n  wg_private_key: "${key.reveal()}"\n  grpc_port: "50051"\n  header_auth: "local"\n`,
    `agent:\n  wg_private_key: "${key.reveal()}"\n  engine_host: "192.0.2.1"\n  mtu: 1420\n  host_access: no\n`,
    `cli: {engine_host: 'engine.example', engine_port: 50051, state_dir: /var/lib/banyan}\n`,
    `# a comment\nengine: &all\n  former_public_keys: [a, b]\n  vpc_cidr: 10.201.0.0/16\nagent: *all\n`,
  ]);
  const words = bytes([
    ...[
      'engine:',
      'agent:',
      'cli:',
      '  ',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '!!binary ',
      '!!js/function ',
      '? ',
      '|',
      '>',
    ],
    ...[
      '---\n',
      '...\n',
      '{',
      '}',
      '[',
      ']',
      'grpc_port: ',
      'wg_private_key: ',
      '~',
      '0x1F',
      '1e3',
      '2001-01-01',
    ],
  ]);

  function read(text: string): void {
    const document = parseDocument(text, 'banyan.yaml');
    for (const role of ROLES) {
      if (!Object.hasOwn(document, role)) continue;
      check(role, document[role]);
    }
  }

  function check(role: Role, value: unknown): void {
    const { section, warnings } = checkSection<Role>(role, value, 'banyan.yaml');
    const port: unknown = 'engine_port' in section ? section.engine_port : section.grpc_port;
    if (!Number.isInteger(port) || (port as number) < 1) throw new Error('a port that is none');
    if (warnings.join('').includes(key.reveal())) throw new Error('a warning shows the private key');
  }

  it(
    'is a mapping or is refused, and never shown',
    () => {
      fuzz(
        (dice) => broken(dice, samples, words).toString('utf8'),
        (text) => {
          try {
            read(text);
          } catch (error) {
            if (String(error).includes(key.reveal().slice(0, 20)))
              throw new TypeError('the error shows the key', { cause: error });
            throw error;
          }
        },
      );
    },
    LIMIT_MS,
  );
});

describe('a record of when keys were last seen, whatever it holds', () => {
  const key = samplePublicKey(1).text;
  const samples = bytes([`{"version":1,"since_ms":5,"seen_ms":{"${key}":7,"${samplePublicKey(2).text}":8}}`]);

  it(
    'is keys and times, or refused',
    () => {
      fuzz(
        (dice) =>
          broken(dice, samples, bytes([key, '-1', '1e99', 'null', '{', '__proto__'])).toString('utf8'),
        (text) => {
          let record;
          try {
            record = parseLastSeen(text);
          } catch (error) {
            if (/^it is (not JSON|damaged)$/.test((error as Error).message)) return;
            throw error;
          }
          for (const [keyText, time] of record.seen)
            if (!PublicKey.tryParse(keyText) || !(time >= 0) || Number.isNaN(new Date(time).getTime()))
              throw new TypeError('no key, or no time');
        },
      );
    },
    LIMIT_MS,
  );
});
