import { loadAll, YAMLException } from 'js-yaml';
import { BanyanError } from '#errors';

export type Document = Record<string, unknown>;

/** No config comes near these. */
const MOST_VALUES = 10_000;
const MOST_LEVELS = 16;

/**
 * The YAML text of a whole file as a mapping; an empty file is an empty one.
 *
 * @throws BanyanError `invalid` with the line, without js-yaml's snippet: the line may hold a private key.
 */
export function parseDocument(text: string, path: string): Document {
  const documents = parse(text, path);
  if (documents.length > 1) {
    throw new BanyanError('invalid', `${path} holds more than one YAML document`, {
      remedy: 'Remove the `---` lines between them.',
    });
  }
  const document = documents[0] ?? {};
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw new BanyanError('invalid', `${path} must be a mapping with the sections engine, agent or cli`, {
      remedy: 'Start it with a line such as `agent:`, with the fields indented below.',
    });
  }
  if (!isTree(document)) {
    throw new BanyanError('invalid', `${path} is nested without end, or far too large`, {
      remedy: 'Write its fields out, without the aliases (`*name`) of YAML.',
    });
  }
  return document as Document;
}

/** An alias makes a small text a large document, or one that contains itself: what walks through it would not return. */
function isTree(document: object): boolean {
  let left = MOST_VALUES;
  const walk = (value: unknown, depth: number): boolean => {
    left -= 1;
    if (left < 0 || depth > MOST_LEVELS) return false;
    if (typeof value !== 'object' || value === null) return true;
    return Object.values(value).every((each) => walk(each, depth + 1));
  };
  return walk(document, 0);
}

function parse(text: string, path: string): unknown[] {
  try {
    return loadAll(text);
  } catch (error) {
    const line = error instanceof YAMLException && error.mark ? ` (line ${error.mark.line + 1})` : '';
    throw new BanyanError('invalid', `${path} is not valid YAML: ${reasonOf(error)}${line}`, {
      remedy: 'Correct that line, or restore banyan.yaml.previous if there is one.',
    });
  }
}

/** js-yaml's reason, when it is plain words; some reasons quote the text they are about. */
function reasonOf(error: unknown): string {
  const reason = error instanceof YAMLException ? error.reason : '';
  return /^[A-Za-z ,;'()-]+$/.test(reason) ? reason : 'it cannot be read';
}
