import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BanyanCommand } from '../../apps/cli/src/base-command.js';

const SOURCES = join(import.meta.dirname, '../../apps/cli/src');

/** What scripts and people rely on. A line that changes here breaks them: say so in CHANGELOG.md. */
const SURFACE = {
  engine: {
    'add-client': [
      ...['config', 'engine', 'expires', 'json', 'name', 'note', 'pubkey', 'replace', 'role', 'wait'],
      'wait-for',
    ],
    adopt: ['config', 'json'],
    audit: ['config', 'expect', 'follow', 'json', 'limit', 'since', 'verify'],
    backup: ['config', 'file', 'json'],
    down: ['config', 'json'],
    doctor: ['bundle', 'config', 'json'],
    forget: ['config', 'json', 'name'],
    init: [
      ...['config', 'grpc-port', 'json', 'keep', 'rotate', 'store-address', 'store-backend'],
      'whitelisted-keys-dir',
    ],
    'list-clients': ['config', 'json', 'unseen'],
    'log-level': ['config', 'for', 'json', 'set'],
    pending: ['config', 'json'],
    release: ['config', 'json', 'name'],
    'remove-client': ['config', 'json', 'name', 'wait'],
    restore: ['config', 'file', 'force', 'json'],
    rotate: ['compromised', 'config', 'forget', 'json', 'yes'],
    start: ['config'],
    status: ['config', 'json'],
  },
  agent: {
    containers: ['config', 'json'],
    doctor: ['bundle', 'config', 'json'],
    down: ['config', 'json'],
    init: ['config', 'engine-host', 'engine-port', 'engine-wg-public-key', 'json', 'keep', 'rotate'],
    'log-level': ['config', 'for', 'json', 'set'],
    plan: ['config', 'json'],
    rotate: ['config', 'json'],
    start: ['config'],
    status: ['config', 'json'],
  },
  cli: {
    agents: ['config', 'json'],
    clients: ['config', 'json', 'unseen'],
    disconnect: ['config', 'json'],
    doctor: ['bundle', 'config', 'json'],
    events: ['config', 'follow', 'json', 'since'],
    init: ['config', 'engine-host', 'engine-port', 'engine-wg-public-key', 'json', 'keep', 'rotate'],
    graph: ['agent', 'config', 'format', 'json', 'output'],
    peers: ['agent', 'config', 'json'],
    ping: ['config', 'count', 'from', 'json'],
    rotate: ['config', 'json'],
    status: ['config', 'json'],
    top: ['config', 'interval', 'json', 'once'],
  },
};

describe.each(Object.entries(SURFACE))('banyan-%s', (role, expected) => {
  it('has the commands and flags that people rely on, each with a summary and examples', async () => {
    const files = (await readdir(join(SOURCES, role, 'commands'))).filter(
      (file) => !file.endsWith('.spec.ts'),
    );
    const surface: Record<string, string[]> = {};
    for (const file of files.sort()) {
      const module = (await import(join(SOURCES, role, 'commands', file))) as {
        default: typeof BanyanCommand;
      };
      const { flags, baseFlags, enableJsonFlag, summary, examples } = module.default;
      const names = [
        ...Object.keys(flags ?? {}),
        ...Object.keys(baseFlags),
        ...(enableJsonFlag ? ['json'] : []),
      ];
      surface[file.replace(/\.ts$/, '')] = names.sort();
      expect(summary).toMatch(/\.$/);
      expect(examples?.length).toBeGreaterThan(0);
    }
    expect(surface).toEqual(expected);
  });
});
