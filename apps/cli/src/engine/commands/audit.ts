import { boolean, integer, string } from '@oclif/core/flags';
import { EngineCommand } from '../engine-command.js';

export default class Audit extends EngineCommand {
  static override readonly summary =
    'Show the audit log, newest last, or verify that nothing in it was removed or changed.';
  static override readonly description =
    'Works with and without a running engine. The engine prints the hash of the last line to its journal at its start, every hour and when it stops: --expect finds a log whose end was cut off since. With --json, what is shown is one JSON object a line, as in the file.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %> --since 24h',
    'sudo <%= config.bin %> <%= command.id %> --follow --json | jq -c \'select(.event == "client.revoked")\'',
    'sudo <%= config.bin %> <%= command.id %> --verify',
    "sudo <%= config.bin %> <%= command.id %> --expect \"$(journalctl -u banyan-engine -g 'audit --expect' -n 1 -o cat | grep -o '[0-9a-f]\\{64\\}')\"",
  ];
  static override readonly answer =
    'with --verify, an object: ok, lines, files, first_line, last_line, last_time, head, problem, torn_bytes';
  static override readonly flags = {
    since: string({ description: 'only what happened since then: 24h, 7d, 2027-01-31', helpValue: 'WHEN' }),
    limit: integer({
      description: 'show this many at most',
      default: 100,
      min: 1,
      max: 100_000,
      helpValue: 'N',
    }),
    follow: boolean({ description: 'go on with what happens from now on, until Ctrl-C' }),
    verify: boolean({ description: 'check every line; exit code 1 if one is not as it was written' }),
    expect: string({
      description: 'with --verify, which it implies: a line of this hash must be in the log',
      helpValue: 'HASH',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Audit);
    const settings = await this.loadSettings('engine', flags.config);
    const { auditDirectory } = await import('../../../../engine/src/audit/files.js');
    const directory = auditDirectory(settings.stateDir);
    if (flags.verify || flags.expect !== undefined) return this.check(directory, flags.expect);
    await this.show(directory, flags);
    return undefined;
  }

  private async check(directory: string, expected: string | undefined): Promise<unknown> {
    const [{ verifyLog }, { isHash }, { verified, verifiedText }] = await Promise.all([
      import('../../../../engine/src/audit/read-log.js'),
      import('../../../../engine/src/audit/chain.js'),
      import('../audit-report.js'),
    ]);
    if (expected !== undefined && !isHash(expected)) {
      const { UsageError } = await import('../../usage-error.js');
      throw new UsageError(
        '--expect must be a hash: 64 characters of 0-9 and a-f',
        'journalctl -u banyan-engine',
      );
    }
    const report = verified(await verifyLog(directory, expected), expected);
    this.line(verifiedText(report));
    // Said in the report, which is not an error's.
    if (!report.ok) process.exitCode = 1;
    return report;
  }

  private async show(
    directory: string,
    { since, limit, follow }: { since?: string | undefined; limit: number; follow: boolean },
  ): Promise<void> {
    const [{ lastLines, newLines }, { hashOf }, { parseSince }] = await Promise.all([
      import('../../../../engine/src/audit/read-log.js'),
      import('../../../../engine/src/audit/chain.js'),
      import('../../since.js'),
    ]);
    const from = since === undefined ? '' : parseSince(since);
    const { lines, last, end } = await lastLines(directory, from, limit);
    for (const line of lines) await this.showLine(line);
    if (!follow) {
      if (lines.length === 0) this.line('Nothing has happened since then.');
      this.line(`head: ${last === undefined ? '-' : hashOf(last)}`);
      return;
    }
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    // Whoever read it has gone.
    process.stdout.once('error', () => stop.abort());
    for await (const line of newLines(directory, end, stop.signal)) await this.showLine(line);
  }

  private async showLine(text: string): Promise<void> {
    const [{ parseLine }, { eventText }] = await Promise.all([
      import('../../../../engine/src/audit/chain.js'),
      import('../audit-report.js'),
    ]);
    const entry = parseLine(text);
    // JSON is for programs: what is none is not shown to them; `--verify` says what it is.
    if (this.jsonEnabled()) {
      if (entry !== undefined) process.stdout.write(`${text}\n`);
    } else this.line(entry === undefined ? `(damaged) ${text}` : eventText(entry));
  }
}
