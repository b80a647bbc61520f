import packageJson from './package.json' with { type: 'json' };

/** Libraries are imported by name, as `#crypto`; packages have such names of their own, which stay theirs. */
const libraries = Object.keys(packageJson.imports).map((name) => name.slice(1));

/**
 * ESM Jest: Nest 12 ships ESM only, so tests run with --experimental-vm-modules (see package.json).
 * Unit and property tests sit beside the code; `test/` holds the ones on real parts (scripts/test).
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^#crypto/generate$': '<rootDir>/libs/crypto/src/generate.ts',
    [`^#(${libraries.join('|')})$`]: '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  // One wait by `until` or `says` gives up before, and says what it was; this is for several, and for what waits by neither.
  testTimeout: 300_000,
  modulePathIgnorePatterns: ['<rootDir>/dist'],
};
