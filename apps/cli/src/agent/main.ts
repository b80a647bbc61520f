import { runProgram } from '../program.js';

await runProgram({
  name: 'banyan-agent',
  description: 'The agent: joins this host to the private network.',
  role: 'agent',
});
