import { createHash } from 'node:crypto';
import { BanyanError } from '#errors';
import type { Entry } from '../store.js';

/** All that an embedded store holds. */
export interface Image {
  /** Of the last change; no revision is given twice, so it is kept also when no entry has it any more. */
  readonly revision: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export const EMPTY: Image = { revision: 0, entries: new Map() };

/*
 * The file, in lines:
 *
 *   banyan-store 1 sha256:<of everything after this line, hex>
 *   {"revision":7}
 *   {"key":"agents/…","value":"…","revision":5}        one per entry, sorted by key
 */
const FIRST_LINE = /^banyan-store ([0-9]{1,9}) sha256:([0-9a-f]{64})$/;
const FORMAT = '1';

export function encode({ revision, entries }: Image): string {
  const sorted = [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const lines = sorted.map(({ key, value, revision }) => JSON.stringify({ key, value, revision }) + '\n');
  const content = JSON.stringify({ revision }) + '\n' + lines.join('');
  return `banyan-store ${FORMAT} sha256:${sha256(content)}\n${content}`;
}

/** @throws BanyanError `host` for anything {@link encode} did not write, with the way out. */
export function decode(text: string, path: string): Image {
  const end = text.indexOf('\n');
  const [, format, checksum] = FIRST_LINE.exec(text.slice(0, end)) ?? [];
  if (format === undefined)
    throw damaged(path, text === '' ? 'it is empty' : 'its first line is not one of a store');
  if (format !== FORMAT) {
    throw new BanyanError('host', `${path} has format ${format}, this engine knows format ${FORMAT}`, {
      remedy: 'Run the version of Banyan that wrote it.',
    });
  }
  const content = text.slice(end + 1);
  if (sha256(content) !== checksum) throw damaged(path, 'its checksum does not match its content');
  // From here on it is what `encode` wrote: the checksum says so.
  const [head, ...lines] = content.trimEnd().split('\n');
  const { revision } = JSON.parse(head!) as { revision: number };
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  return { revision, entries: new Map(entries.map((entry) => [entry.key, entry])) };
}

/**
 * A damaged store is left where it is and stops the engine. Setting it aside by ourselves would end in an
 * empty store a restart later (service managers restart), and an empty store gives away what agents hold.
 */
function damaged(path: string, why: string): BanyanError {
  return new BanyanError('host', `the store ${path} is damaged: ${why}`, {
    remedy: `Move it away, mv ${path} ${path}.damaged, and restore a backup: banyan-engine restore --file FILE. Without one, the engine then goes on without what it held.`,
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
