import { writeFileSync } from 'node:fs';
import process from 'node:process';

/**
 * Writes how many tests passed and failed to the file that TEST_COUNTS names. Jest's own `--json` also has
 * the errors themselves, and ends without a word of the counts when one of them refers to itself.
 */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not even be loaded has no tests to fail.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    writeFileSync(process.env.TEST_COUNTS, `${results.numPassedTests} ${failed}\n`);
  }
}
