import { join } from 'node:path';
import { PROGRAMS } from '../../apps/cli/src/program.js';
import { describedFields } from '#config';
import { run } from '#host';
import { commandLineOf, type CommandLine } from '../../packaging/command-line.js';
import { bashCompletion } from '../../packaging/completion.js';
import { configPage, programPage } from '../../packaging/manual-page.js';

const ROOT = join(import.meta.dirname, '../..');
const EDITION = { version: '1.2.3', date: '2026-01-02' };

describe.each(Object.values(PROGRAMS))('$name', (program) => {
  let line: CommandLine;
  beforeAll(async () => (line = await commandLineOf(program, join(ROOT, 'apps/cli/src'))));

  /** What bash offers at the end of these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const script = `${bashCompletion(line)}
      compopt() { :; }
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      ${`_${program.name.replace('-', '_')}`}
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { exitCode, stdout, stderr } = await run('bash', [
      ...['--norc', '--noprofile', '-u', '-c', script, 'bash', program.name],
      ...words,
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('has a manual page with every command and flag, and no text that is taken for a request', () => {
    const page = programPage(line, EDITION);
    for (const { name, flags } of line.commands) {
      expect(page).toContain(`.SS ${name.replaceAll('-', '\\-')}\n`);
      for (const flag of flags) expect(page).toContain(`\\-\\-${flag.name.replaceAll('-', '\\-')}`);
    }
    expect(page).not.toContain('<%=');
    const requests = [...page.matchAll(/^[.'](\w*)/gm)].map(([, name]) => name);
    const known = ['TH', 'nh', 'ad', 'SH', 'SS', 'B', 'I', 'RI', 'BR', 'TP', 'PP', 'RS', 'RE', 'nf', 'fi'];
    expect(requests.filter((name) => !known.includes(name!))).toEqual([]);
  });

  it('has its commands completed by bash', async () => {
    expect(await offered('sta')).toEqual(
      line.commands.map(({ name }) => name).filter((name) => name.startsWith('sta')),
    );
  });

  it('has the flags of each command completed by bash', async () => {
    for (const { name, flags } of line.commands) {
      expect(await offered(name, '--')).toEqual(flags.map((flag) => `--${flag.name}`));
    }
  });

  it('has a path completed by bash after a flag that takes one, however it is written', async () => {
    const expected = ['/etc/hostname'];
    expect(await offered('status', '--config', '/etc/hostn')).toEqual(expected);
    expect(await offered('status', '--config', '=', '/etc/hostn')).toEqual(expected);
  });
});

describe('the completion of banyan-engine', () => {
  it('offers what a choice is between, and nothing where only the caller can know', async () => {
    const line = await commandLineOf(PROGRAMS.engine, join(ROOT, 'apps/cli/src'));
    expect(bashCompletion(line)).toContain("--store-backend) COMPREPLY=($(compgen -W 'embedded etcd'");
    expect(bashCompletion(line)).toContain('--pubkey) return ;;');
  });
});

describe('banyan.yaml(5)', () => {
  it('has every field of the checked shapes, in prose', () => {
    const fields = describedFields();
    expect(fields.length).toBeGreaterThan(20);
    const page = configPage(fields, EDITION);
    for (const { name } of fields) expect(page).toContain(`.B ${name}\n`);
    expect(page).toContain('Must be a port, "1" to "65535". Default: 50051.');
    expect(page).not.toContain('`');
  });
});
