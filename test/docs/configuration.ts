import { describedFields, type DescribedField } from '#config';

/** `docs/configuration.md`, out of the checked shapes themselves; `scripts/reference` writes it. */

const HEAD = `# Configuration

\`/etc/banyan/banyan.yaml\`, mode 0600, is written by \`init\` and may be edited; an ordinary user's \`banyan-cli\` has
\`~/.config/banyan/banyan.yaml\`. \`--config PATH\` or \`BANYAN_CONFIG\` name another. Each program reads its own section, so
that several roles can share the file. An unknown field is a warning. A wrong one is an error with its name and what was
expected, never its value.

\`\`\`yaml
engine:
  wg_private_key: "…"
  wg_public_key: "…"
  vpc_cidr: "10.201.0.0/16"
  metrics_listen: "off"
agent:
  wg_private_key: "…"
  wg_public_key: "…"
  engine_host: "192.168.1.10"
  engine_wg_public_key: "…"
  mtu: 1380
\`\`\`

The file is read at start. After a change: \`sudo systemctl restart banyan-engine\` or \`sudo systemctl restart banyan-agent\`;
tunnels stay up and containers talk on meanwhile. \`banyan-cli\` reads it at every call. What a change asks for besides is
said at the field. Programs change the file themselves too: \`init\`, and the two kinds of \`rotate\`.

\`banyan.yaml(5)\` is the same as a manual page. \`scripts/reference\` writes this page from the shapes by which the file is
checked.
`;

const ENGINE = 'when `banyan-engine` is restarted';
const AGENT = 'when `banyan-agent` is restarted';
const CLI = 'at the next call of `banyan-cli`';

/** Whose fields are told together, and when a change of them counts. */
const CHAPTERS = [
  {
    title: 'Every section',
    roles: ['engine', 'agent', 'cli'],
    counts: `when \`banyan-engine\` or \`banyan-agent\` is restarted, or ${CLI}`,
  },
  {
    title: 'engine and agent',
    roles: ['engine', 'agent'],
    counts: 'when `banyan-engine` or `banyan-agent` is restarted',
  },
  { title: 'engine', roles: ['engine'], counts: ENGINE },
  { title: 'agent and cli', roles: ['agent', 'cli'], counts: `${AGENT}, or ${CLI}` },
  { title: 'agent', roles: ['agent'], counts: AGENT },
];

/** The whole page. @throws Error when a field belongs to no chapter. */
export function configuration(): string {
  const fields = describedFields();
  const told = CHAPTERS.map(({ title, roles, counts }) => {
    const own = fields.filter((field) => field.roles.join() === roles.join());
    return { own, text: `## ${title}\n\n${own.map((field) => section(field, counts)).join('\n')}` };
  });
  const lost = fields.filter((field) => !told.some(({ own }) => own.includes(field)));
  if (lost.length > 0) throw new Error(`in no chapter: ${lost.map(({ name }) => name).join(', ')}`);
  return [HEAD, ...told.map(({ text }) => text)].join('\n');
}

function section({ name, expected, means, standard, change }: DescribedField, counts: string): string {
  const shown = standard === undefined ? 'none' : standard.includes('`') ? standard : `\`${standard}\``;
  return [
    `### ${name}\n`,
    `${means.charAt(0).toUpperCase()}${means.slice(1)}.\n`,
    `- Accepted: ${expected}`,
    `- Default: ${shown}`,
    `- A change counts ${counts}.${change === undefined ? '' : ` ${change}`}`,
    '',
  ].join('\n');
}
