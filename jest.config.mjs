/** Tests run on the built files: exactly what is published, workers included. */
export default {
  testEnvironment: './jest-environment.mjs',
  testMatch: [
    '<rootDir>/packages/*/dist/**/*.test.js',
    '<rootDir>/examples/dist/**/*.test.js',
    '<rootDir>/examples/browser/dist/**/*.test.js',
    '<rootDir>/bench/dist/**/*.test.js',
    '<rootDir>/scripts/**/*.test.mjs',
  ],
  moduleFileExtensions: ['js', 'mjs', 'json'],
  transform: {},
  // tfjs greets every test file with an advertisement for its native binding.
  silent: true,
  maxWorkers: 2,
  testTimeout: 300_000,
};
