// Times in tests are those of UTC wherever they run.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');

// The automatic JSX runtime, as in the build.
const [pattern, [transformer, options]] = Object.entries(base.transform)[0];

module.exports = {
  ...base,
  // Generous: a test machine may be busy with everything else.
  testTimeout: 120_000,
  transform: {
    [pattern]: [transformer, { ...options, jsc: { ...options.jsc, transform: { react: { runtime: 'automatic' } } } }],
  },
};
