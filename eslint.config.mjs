import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'coverage/**',
      'node_modules/**',
      'test/bench/node_modules/**',
      'test/packaging/stock-app/**',
      '*.js',
      '*.d.ts',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      // A security decision must name every case: a new member of a union may not fall through.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'separate-type-imports'}],
      // Evidence often carries numbers; printing them is the point.
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      // LoopBack reads constructor parameter types at run time, so empty classes and constructors carry meaning.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Node types the socket of an https request as a plain Socket; naming its real class is the only way to read it.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: [
      'src/cli/**/*.ts',
      'examples/**/*.ts',
      'test/packaging/**/*.ts',
      'test/conformance/**/*.ts',
      'test/fuzz/**/*.ts',
      'test/bench/**/*.ts',
    ],
    rules: {'no-console': 'off'},
  },
  {
    // LoopBack's dependency injection needs the classes at run time where decorators name them.
    files: ['src/loopback/**/*.ts', 'examples/**/*.ts', 'test/loopback/**/*.ts'],
    rules: {'@typescript-eslint/consistent-type-imports': 'off'},
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', {allowForKnownSafeCalls: []}],
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked},
);
