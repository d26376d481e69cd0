import { configDefaults, defineConfig } from 'vitest/config'

const long = process.env.DIPTYCH_TEST_LONG === '1'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run test:long` runs these too: soaks, fuzzing and kills in full counts.
    exclude: long ? configDefaults.exclude : [...configDefaults.exclude, 'test/**/*.long.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
