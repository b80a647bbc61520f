import Agents from './commands/agents.js';
import Clients from './commands/clients.js';
import Disconnect from './commands/disconnect.js';
import Init from './commands/init.js';
import Status from './commands/status.js';

/** The commands of `banyan-cli`, by what people type. */
export const COMMANDS = {
  init: Init,
  status: Status,
  agents: Agents,
  clients: Clients,
  disconnect: Disconnect,
};
