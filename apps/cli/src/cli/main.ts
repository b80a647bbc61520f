import { PROGRAMS, runProgram } from '../program.js';

await runProgram(PROGRAMS.cli);
