/** What a document has people type, and what it says they see then. */
export interface Block {
  /** The host that the block names after `sh`; undefined: none, so the document does not say that it is run in order. */
  readonly host: string | undefined;
  /** Commands, one a line; lines that end in a backslash go on in the next. */
  readonly lines: readonly string[];
  /** The block of `text` that follows with nothing but empty lines between: what the commands print. */
  readonly seen: string | undefined;
}

const FENCE = /^( *)```(\w*)(?: ([a-z0-9-]+))?\n([\s\S]*?)^\1```\n/gm;

/** The blocks of `sh` in a document, in its order. */
export function blocksOf(text: string): Block[] {
  const found = [...text.matchAll(FENCE)].map((match) => ({
    language: match[2],
    host: match[3],
    body: unindented(match[4]!, match[1]!),
    start: match.index,
    end: match.index + match[0].length,
  }));
  return found.flatMap(({ language, host, body, end }, index) => {
    if (language !== 'sh') return [];
    const next = found[index + 1];
    const follows = next?.language === 'text' && text.slice(end, next.start).trim() === '';
    return [{ host, lines: commandLines(body), seen: follows ? next.body : undefined }];
  });
}

/** Whole lines, without comments and empty ones. */
function commandLines(body: string): string[] {
  return body
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s+)# .*$/, '').trim())
    .filter((line) => line !== '');
}

function unindented(body: string, indent: string): string {
  return body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}
