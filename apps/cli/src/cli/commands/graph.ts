import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { option, string } from '@oclif/core/flags';
import { OperatorCommand } from '../operator-command.js';
import type { Mesh } from '../graph/mesh.js';

/** More than sixty agents have, each to each. */
const LINKS = 4_000;

type Format = 'text' | 'mermaid' | 'svg';

export default class Graph extends OperatorCommand {
  static override readonly summary = 'Draw the agents and the state of the links between them.';
  static override readonly description =
    'All agents are asked now. As text it is a matrix, where that fits, and a list of the links that are not up. Mermaid is for pages and issues that draw it, SVG for every browser. Of more than sixty agents it draws the links of one.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --agent worker-1',
    '<%= config.bin %> <%= command.id %> --format svg --output mesh.svg',
  ];
  static override readonly answer = 'an object: agent, agents, links, left_out';
  static override readonly flags = {
    format: option({
      options: ['text', 'mermaid', 'svg'] as const,
      description: 'what to draw it as',
      helpValue: 'text|mermaid|svg',
      default: 'text' as const,
    })(),
    output: string({ description: 'write it there instead of printing it', helpValue: 'FILE' }),
    agent: string({ description: 'only the links of this agent', helpValue: 'NAME' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Graph);
    const settings = await this.loadSettings('cli', flags.config);
    const { meshOf } = await import('../graph/mesh.js');
    return this.withEngine(settings, async (engine) => {
      const asked = { most: LINKS, agents: flags.agent === undefined ? [] : [flags.agent], onlyDown: false };
      const answer = await this.patiently('Asking the agents', engine.call('listLinks', asked));
      const mesh = meshOf(answer, flags.agent);
      const isFile = flags.output !== undefined;
      const drawn = await this.drawn(
        mesh,
        flags.format,
        isFile ? undefined : process.stdout.columns || undefined,
      );
      if (mesh.left_out > 0)
        this.warning(`${mesh.left_out} agents are not drawn: their links to ${mesh.agent} are not worse`);
      if (flags.output === undefined) this.line(drawn);
      else await this.write(resolve(flags.output), drawn);
      return mesh;
    });
  }

  private async drawn(mesh: Mesh, format: Format, width: number | undefined): Promise<string> {
    if (format === 'svg') return (await import('../graph/svg.js')).meshSvg(mesh);
    if (format === 'text') return (await import('../graph/text.js')).meshText(mesh, width);
    const { meshMermaid, MERMAID_EDGES } = await import('../graph/mermaid.js');
    if (mesh.links.length > MERMAID_EDGES)
      this.warning(
        `Mermaid draws ${MERMAID_EDGES} links at most, and these are ${mesh.links.length}: set its maxEdges, or use --format svg`,
      );
    return meshMermaid(mesh);
  }

  /** As it is: what is there may be a pipe. */
  private async write(path: string, text: string): Promise<void> {
    try {
      await writeFile(path, `${text}\n`);
    } catch (error) {
      const { fileError } = await import('#host');
      throw fileError('write', path, error);
    }
    this.line(`Written: ${path}`);
  }
}
