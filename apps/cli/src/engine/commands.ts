import AddClient from './commands/add-client.js';
import Down from './commands/down.js';
import Init from './commands/init.js';
import ListClients from './commands/list-clients.js';
import RemoveClient from './commands/remove-client.js';
import Start from './commands/start.js';
import Status from './commands/status.js';

/** The commands of `banyan-engine`, by what people type. */
export const COMMANDS = {
  init: Init,
  start: Start,
  status: Status,
  'add-client': AddClient,
  'remove-client': RemoveClient,
  'list-clients': ListClients,
  down: Down,
};
