import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { docstringOpening } from './scripts/lib/docstring-opening.mjs';

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'var/', '.cache/', 'test/fixtures/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    // A rule that is wrong here is turned off here, for all, with a reason.
    linterOptions: { noInlineConfig: true },
    rules: {
      'no-console': 'error',
      'max-params': ['error', 4],
      'max-lines': ['error', 300],
      // The formatter breaks code, but not comments.
      'max-len': [
        'error',
        {
          code: 100,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
          ignoreUrls: true,
        },
      ],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `process.env['NAME']` is what the compiler wants for index signatures.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // Without await, `async` still turns what is thrown into the rejection that callers expect.
      '@typescript-eslint/require-await': 'off',
      // By code points is how names are compared here.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // A parameter property hides a field in a parameter list.
      '@typescript-eslint/parameter-properties': 'error',
    },
  },
  {
    files: ['src/**'],
    plugins: { holdfast: { rules: { 'docstring-opening': docstringOpening } } },
    rules: { 'holdfast/docstring-opening': 'error' },
  },
  {
    // These talk to a person on a terminal.
    files: ['src/cli/**', 'scripts/**', 'test/bench/**', 'test/**/*.mjs'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['examples/**/*.test.mjs'],
    rules: {
      // Node's own runner waits for them.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['describe', 'it'], package: 'node:test' },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**'],
    rules: {
      // supertest's and vitest's matchers are typed `any` where they stand for any value.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    // The compiler knows which names exist, and the linter does not see type casts in JSDoc.
    files: ['**/*.mjs', '**/*.cjs', '*.js'],
    rules: { 'no-undef': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  { files: ['test/bench/**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
