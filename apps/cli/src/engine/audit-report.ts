import type { Entry } from '../../../engine/src/audit/chain.js';
import type { verifyLog } from '../../../engine/src/audit/read-log.js';
import { plural } from '../plural.js';
import { terminalText } from '../terminal-text.js';

type Verdict = Awaited<ReturnType<typeof verifyLog>>;

/** What `banyan-engine audit --verify` found, in JSON. */
export interface Verified {
  /** Whether every line is there as it was written, and the expected one among them. */
  readonly ok: boolean;
  readonly lines: number;
  readonly files: number;
  readonly first_line: number | null;
  readonly last_line: number | null;
  readonly last_time: string | null;
  /** Hash of the last line that is in the chain. */
  readonly head: string | null;
  readonly problem: {
    readonly file: string | null;
    readonly line: number | null;
    readonly what: string;
  } | null;
  /** Bytes of a last line that was not written to its end. */
  readonly torn_bytes: number;
}

/** @param expected hash that was asked for. */
export function verified(verdict: Verdict, expected: string | undefined): Verified {
  const { lines, files, first, last, head, fault, expectedAt, tornBytes } = verdict;
  const isMissing = expected !== undefined && expectedAt === undefined;
  const problem = fault ?? (isMissing ? { file: null, line: null, what: missing(first) } : null);
  return {
    ok: problem === null,
    lines,
    files,
    first_line: first?.seq ?? null,
    last_line: last?.seq ?? null,
    last_time: last?.time ?? null,
    head: head?.hash ?? null,
    problem,
    torn_bytes: tornBytes,
  };
}

function missing(first: Entry | undefined): string {
  const dropped =
    first && first.seq > 1 ? `, unless it was before line ${first.seq}, the oldest that is kept` : '';
  return `no line has the expected hash: the end of the log was cut off or rewritten${dropped}`;
}

export function verifiedText(report: Verified): string {
  const { ok, lines, files, first_line, last_line, last_time, head, problem, torn_bytes } = report;
  const range = lines === 0 ? '' : `: ${first_line} to ${last_line}, the last of ${last_time}`;
  const where = problem?.file ? `\n  ${problem.file}, line ${problem.line} of the file` : '';
  return [
    ok
      ? `The audit log is whole: ${plural(lines, 'line')} in ${plural(files, 'file')}${range}.`
      : `The audit log is not as it was written: ${problem?.what}.${where}\n  up to there: ${plural(lines, 'line')}`,
    ...(torn_bytes > 0
      ? [
          `  its end is ${plural(torn_bytes, 'byte')} of a line: the engine is writing it, or a crash cut it off`,
        ]
      : []),
    `head: ${head ?? '-'}`,
  ].join('\n');
}

/** One event, on one line. */
export function eventText({ time, event, fields }: Entry): string {
  const said = Object.entries(fields).map(([name, value]) => {
    return `${name}=${typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value)}`;
  });
  return terminalText([time, event.padEnd(18), ...said].join('  '));
}
