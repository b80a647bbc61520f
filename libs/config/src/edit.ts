import { isDeepStrictEqual } from 'node:util';
import { dump } from 'js-yaml';
import { parseDocument, type Document } from './document.js';
import type { Role } from './fields.js';
import { asMapping } from './section.js';

/** New values of fields, in the order in which new ones are written; undefined removes the field. */
export type FieldChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Edited {
  readonly text: string;
  /** False when the file had a form that could only be written anew, without its comments. */
  readonly commentsKept: boolean;
}

const FIELD_INDENT = '  ';

/**
 * Changes fields of one section in the text of a config. Everything else stays as its author wrote it:
 * other sections, unknown keys, comments, order. The result is parsed again; when it does not say exactly
 * what was meant (flow style, anchors and other rare forms), the whole file is written anew instead.
 *
 * @throws BanyanError `invalid` when `text` is no valid config.
 */
export function editSection(text: string, role: Role, changes: FieldChanges, path: string): Edited {
  const wanted = changed(parseDocument(text, path), role, changes, path);
  const edited = editLines(text, role, changes);
  if (says(edited, wanted, path)) return { text: edited, commentsKept: true };
  return {
    text: dump(wanted, { quoteStyle: 'double', forceQuotes: true, lineWidth: -1 }),
    commentsKept: !text.includes('#'),
  };
}

function changed(document: Document, role: Role, changes: FieldChanges, path: string): Document {
  const section = { ...asMapping(role, document[role], path) };
  for (const [field, value] of Object.entries(changes)) {
    if (value === undefined) delete section[field];
    else section[field] = value;
  }
  return { ...document, [role]: section };
}

function says(text: string, wanted: Document, path: string): boolean {
  try {
    return isDeepStrictEqual(parseDocument(text, path), wanted);
  } catch {
    return false;
  }
}

function editLines(text: string, role: Role, changes: FieldChanges): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  let start = lines.findIndex((line) => new RegExp(`^${role}:\\s*(#.*)?$`).test(line));
  if (start === -1) {
    if (lines.length > 0) lines.push('');
    start = lines.push(`${role}:`) - 1;
  }
  for (const [field, value] of Object.entries(changes)) setField(lines, start, field, value);
  return lines.join(newline) + newline;
}

/** Replaces, adds or removes one field of the section whose heading is at `start`. */
function setField(lines: string[], start: number, field: string, value: FieldChanges[string]): void {
  const end = sectionEnd(lines, start);
  const body = lines.slice(start + 1, end);
  const indent = /^ +(?=[^\s#])/.exec(body.find((line) => /^ +[^\s#]/.test(line)) ?? '')?.[0] ?? FIELD_INDENT;
  const at = body.findIndex((line) => line.startsWith(`${indent}${field}:`));
  if (at === -1) {
    if (value !== undefined) lines.splice(end, 0, ...written(indent, field, value, ''));
    return;
  }
  const from = start + 1 + at;
  const comment = /\s+#.*$/.exec(withoutQuoted(lines[from]!))?.[0] ?? '';
  lines.splice(
    from,
    fieldLength(lines, from, end, indent),
    ...(value === undefined ? [] : written(indent, field, value, comment)),
  );
}

/** The line after the last field of the section: comments and blank lines below it belong to what follows. */
function sectionEnd(lines: readonly string[], start: number): number {
  let end = start + 1;
  for (let i = start + 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (/^\s*(#.*)?$/.test(line)) continue;
    if (!line.startsWith(' ')) break;
    end = i + 1;
  }
  return end;
}

/** How many lines a field takes: its own, and those of a value that goes on below. */
function fieldLength(lines: readonly string[], from: number, end: number, indent: string): number {
  let to = from + 1;
  for (let i = to; i < end; i++) {
    const line = lines[i]!;
    if (/^\s*(#.*)?$/.test(line)) continue;
    if (!line.startsWith(`${indent} `) && !line.startsWith(`${indent}- `)) break;
    to = i + 1;
  }
  return to - from;
}

function written(
  indent: string,
  field: string,
  value: string | readonly string[],
  comment: string,
): string[] {
  // JSON's strings are YAML's double-quoted ones (YAML 1.2 section 1.3).
  if (typeof value === 'string') return [`${indent}${field}: ${JSON.stringify(value)}${comment}`];
  return [`${indent}${field}:${comment}`, ...value.map((entry) => `${indent}  - ${JSON.stringify(entry)}`)];
}

function withoutQuoted(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, 'x');
}
