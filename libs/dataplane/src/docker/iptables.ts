import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { BanyanError } from '#errors';
import type { Run } from '#host';
import { CHAIN, type DockerChain, type DockerRule, type DockerStep, type DockerUser } from './docker-user.js';

/** `-w`: waits for others that change the firewall, as Docker does when a container starts. */
const WAIT = '-w';
/** What iptables says of a chain that is not there: the legacy one, that of nftables in two versions, no table. */
const NO_CHAIN =
  /No chain\/target\/match|is incompatible, use 'nft' tool|does not exist|Table does not exist/;

/**
 * The chain by the `iptables` on PATH, which is what Docker uses, whatever is behind it.
 *
 * @param path as the variable PATH.
 */
export function iptables(run: Run, path: string | undefined = process.env.PATH): DockerUser {
  return {
    async read(): Promise<DockerChain> {
      if (!(await isInstalled(path ?? ''))) return 'no iptables';
      const { exitCode, stdout, stderr } = await run('iptables', [WAIT, '-S', CHAIN]);
      if (exitCode === 0) return parseChain(stdout);
      if (NO_CHAIN.test(stderr)) return 'no chain';
      throw failure('read', stderr);
    },

    async carryOut(steps: readonly DockerStep[]): Promise<void> {
      for (const args of steps.flatMap(({ commands }) => commands)) {
        const { exitCode, stderr } = await run('iptables', [WAIT, ...args]);
        if (exitCode !== 0) throw failure('change', stderr);
      }
    },
  };
}

/** What `iptables -S` prints of the chain: rules as their arguments, without quotes. */
export function parseChain(output: string): DockerRule[] {
  return output.split('\n').flatMap((line) => {
    const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
    return words[0] === '-A' && words[1] === CHAIN ? [words.slice(2)] : [];
  });
}

/** Without starting a process: most hosts that have no Docker have no iptables either. */
async function isInstalled(path: string): Promise<boolean> {
  for (const place of path.split(delimiter).filter(Boolean)) {
    const found = access(join(place, 'iptables'), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (await found) return true;
  }
  return false;
}

function failure(verb: string, stderr: string): BanyanError {
  const said = stderr.trim().split('\n', 1)[0] || 'nothing';
  return new BanyanError(
    'host',
    `cannot ${verb} ${CHAIN}, the chain of Docker: iptables said ${JSON.stringify(said)}`,
    {
      remedy: `Check \`iptables -S ${CHAIN}\`. Until it works, Docker may drop what containers send to other hosts.`,
    },
  );
}
