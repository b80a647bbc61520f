import { string as argument } from '@oclif/core/args';
import { integer, string } from '@oclif/core/flags';
import type { EngineConnection } from '#channel';
import { BanyanError } from '#errors';
import { pause } from '#host';
import type { PingAgentResponse } from '#protocol';
import { UsageError } from '../../usage-error.js';
import { OperatorCommand } from '../operator-command.js';

const BETWEEN_MS = 1_000;

export default class Ping extends OperatorCommand {
  static override readonly summary =
    'Ask an agent for a sign of life, and the others how they reach its host.';
  static override readonly description =
    'This host is not in the container network, so the engine asks: the agent, by its stream, how long an answer takes; then other agents that are online, sixteen at most, whose hosts send its host a packet through their link. Nothing of it is remembered, all is measured now. Ctrl-C ends the asking, and what came of it is said; a second one ends all. Ends with 1 when the agent has answered nothing; its links can be up all the same, for containers need no agent.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> worker-1',
    '<%= config.bin %> <%= command.id %> worker-1 --from worker-2 --count 1',
    '<%= config.bin %> <%= command.id %> worker-1 --json | jq -r \'.links[] | select(.state != "up") | .from\'',
  ];
  static override readonly answer =
    'an object: name, state, channel, last_seen_ms, round_trips_ms, links, links_offline, links_left_out';
  static override readonly args = {
    name: argument({ required: true, description: 'name of the agent, as agents shows it' }),
  };
  static override readonly flags = {
    count: integer({ description: 'how often to ask', default: 4, min: 1, max: 1_000, helpValue: 'N' }),
    from: string({ description: 'only this other agent measures its link', helpValue: 'NAME' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Ping);
    if (flags.from === args.name) {
      throw new UsageError(
        'an agent has no link to itself',
        `--from=NAME of another agent than ${args.name}`,
      );
    }
    const settings = await this.loadSettings('cli', flags.config);
    const { answeredText, answerText, isReached, linksText, pingReport } = await import('../ping-report.js');
    const { name } = args;
    return this.withEngine(settings, async (engine) => {
      if (flags.from !== undefined) await this.requireAgent(engine, flags.from);
      const ask = () => engine.call('pingAgent', { agent: name });
      const stop = new AbortController();
      const stopped = new Promise<undefined>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve(undefined));
      });
      const giveUp = (): void => stop.abort();
      // Whoever read it has gone.
      process.stdout.once('error', giveUp);
      const answers: PingAgentResponse[] = [];
      while (answers.length < flags.count) {
        // Before the first answer there is nothing to say, and Ctrl-C ends all.
        const asking = answers.length === 0 ? ask() : Promise.race([ask(), stopped]);
        const answer = await this.patiently(`Asking ${name}`, asking);
        if (answer === undefined) break;
        this.line(answerText(name, answer));
        answers.push(answer);
        // The first Ctrl-C ends the asking, as with ping(8), the second all.
        if (answers.length === 1) process.once('SIGINT', giveUp);
        if (answers.length < flags.count) await pause(BETWEEN_MS, stop.signal);
        if (stop.signal.aborted) break;
      }
      process.off('SIGINT', giveUp);
      this.line();
      this.line(answeredText(answers));
      const links = await this.patiently(
        'Asking the other agents',
        engine.call('measureLinks', { agent: name, from: flags.from ?? '' }),
      );
      const report = pingReport(name, answers, links);
      this.line(linksText(report));
      // Said in the report, which is not an error's.
      if (!isReached(report)) process.exitCode = 1;
      return report;
    });
  }

  /** Before anything is asked for seconds. */
  private async requireAgent(engine: EngineConnection, name: string): Promise<void> {
    const { agents } = await engine.call('listAgents', {});
    if (agents.some((agent) => agent.name === name)) return;
    throw new BanyanError('not-found', `there is no agent ${name} to ask`, {
      remedy: '`banyan-cli agents` lists all.',
    });
  }
}
