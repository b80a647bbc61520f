import { string } from '@oclif/core/flags';

/** `--name` of the commands that are about one agent. */
export const agentName = () =>
  string({
    required: true,
    description: 'name of the agent, as `banyan-cli agents` shows it',
    helpValue: 'NAME',
  });
