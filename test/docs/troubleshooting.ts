import { CHECKS } from '../../apps/cli/src/doctor/catalogue.js';

/** `docs/troubleshooting.md`, out of the checks themselves; `scripts/reference` writes it. */

interface Told {
  readonly name: string;
  readonly about: string;
  readonly mend: string;
  readonly programs: string[];
}

const HEAD = `# Troubleshooting

\`sudo banyan-agent doctor\`, \`sudo banyan-engine doctor\` and \`banyan-cli doctor\` look at what can be wrong, and change
nothing. Each line is \`ok\`, \`warn\` or \`fail\`, says what it means, and names the command that mends it; exit code 1 says
that something failed. Begin with the first line that failed: what follows may fail because of it. \`--json\` is for
programs. \`--bundle FILE\` writes an archive for a bug report: doctor's result, versions, status, the configuration
without keys, our interfaces, addresses, routes, our firewall and the last lines of the log.

What could not be looked at is a \`warn\` that says why, such as without root.

This is every check, in the order in which doctor tells them. \`scripts/reference\` writes this page.
`;

/** The whole page. */
export function troubleshooting(): string {
  return [HEAD, ...inOrder().map(section)].join('\n');
}

function section({ name, about, mend, programs }: Told): string {
  return `## ${name}\n\n_${programs.join(', ')}_\n\n${about}\n\nWhat mends it: ${mend}${/[.`]$/.test(mend) ? '' : '.'}\n`;
}

/** One entry for each thing that is looked at, whichever programs do. */
function inOrder(): Told[] {
  const told: Told[] = [];
  for (const program of ['agent', 'engine', 'cli'] as const) {
    for (const { name, about, mend } of CHECKS[program]) {
      const known = told.find((one) => one.name === name && one.about === about);
      if (known) known.programs.push(`banyan-${program}`);
      else told.push({ name, about, mend, programs: [`banyan-${program}`] });
    }
  }
  return told;
}
