import { runProgram } from '../program.js';

await runProgram({
  name: 'banyan-engine',
  description: 'The engine: decides who belongs to the private network.',
  role: 'engine',
});
