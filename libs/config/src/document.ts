import { loadAll, YAMLException } from 'js-yaml';
import { BanyanError } from '#errors';

export type Document = Record<string, unknown>;

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
  return document as Document;
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
