import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Who may import whom; test/architecture.spec.ts holds the same rules, complete and with the reasons.
const apps = { group: ['**/apps/**'], message: 'libs never import apps' };
const tests = {
  group: ['**/test/**', '**/bench/**', '**/testing/**'],
  message: 'the product never imports its tests',
};
const insides = { group: ['**/libs/**'], message: 'import a library by its name, as #crypto' };
const processes = {
  group: ['child_process', 'node:child_process', 'execa'],
  message: 'only libs/host starts processes: take a Run from #host',
};
const nest = { group: ['@nestjs/*'], message: 'commands start fast: no Nest, except behind `start`' };
const ours = { regex: '^#(?!errors$)', message: 'libs/crypto stands on #errors only' };

const forbid = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'libs/protocol/src/gen/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      // The promise that nobody awaits is the bug this project can least afford: an apply that fails unseen.
      '@typescript-eslint/no-floating-promises': 'error',
      // A new kind of error, change or state must be met everywhere that tells them apart.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression > ObjectExpression > Property[key.name="shell"]',
          message: 'no shell, ever: a program and its arguments',
        },
      ],
    },
  },
  { files: ['libs/**/*.ts'], rules: forbid(apps, tests, insides, processes) },
  { files: ['libs/host/src/**/*.ts'], rules: forbid(apps, tests, insides) },
  { files: ['libs/crypto/src/**/*.ts'], rules: forbid(apps, tests, insides, processes, ours) },
  { files: ['apps/{engine,agent}/**/*.ts'], rules: forbid(tests, insides, processes) },
  { files: ['apps/cli/**/*.ts'], rules: forbid(tests, insides, processes, nest) },
  // Tests make FIFOs and full disks, and start what they test against; `testing` is what they share.
  {
    files: ['**/*.spec.ts', '**/testing/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
