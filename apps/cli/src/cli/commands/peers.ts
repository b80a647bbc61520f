import { string } from '@oclif/core/flags';
import { OperatorCommand } from '../operator-command.js';

export default class Peers extends OperatorCommand {
  static override readonly summary = 'Show the links of one agent to the others, as it sees them now.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> --agent worker-1',
    "<%= config.bin %> <%= command.id %> --agent worker-1 --json | jq -r '.[] | select(.up | not) | .name'",
  ];
  static override readonly answer =
    'an array: name, subnet, up, endpoint, latest_handshake_ms, received_bytes, sent_bytes, round_trip_us';
  static override readonly flags = {
    agent: string({
      required: true,
      description: 'name of the agent, as agents shows it',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Peers);
    const settings = await this.loadSettings('cli', flags.config);
    const { peerList } = await import('../peer-list.js');
    const { linkTable } = await import('../../link-table.js');
    const { shownDuration } = await import('../../duration.js');
    return this.withEngine(settings, async (engine) => {
      const answer = await this.patiently(
        `Asking ${flags.agent}`,
        engine.call('listPeers', { agent: flags.agent }),
      );
      const peers = peerList(answer);
      const age = Date.now() - answer.reportedAtMs;
      if (answer.reportedAtMs === 0) this.warning(`${flags.agent} has not said anything of its links yet`);
      else if (age > STALE_MS) this.warning(`${flags.agent} said this ${shownDuration(age)} ago`);
      this.line(peers.length === 0 ? 'There is no other agent with a subnet.' : linkTable(peers));
      return peers;
    });
  }
}

/** An agent that is connected has just been asked. */
const STALE_MS = 10_000;
