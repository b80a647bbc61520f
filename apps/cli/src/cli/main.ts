import { runProgram } from '../program.js';

await runProgram({
  name: 'banyan-cli',
  description: 'The operator command line: asks the engine who is there.',
  role: 'cli',
});
