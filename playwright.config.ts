import { defineConfig } from '@playwright/test'

/** The browser suite: the built workbench in Chromium, as a person uses it. Run by `npm test`. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './test/e2e/global-setup.ts',
  // Trainings on two cores: side by side they would only slow each other down.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  outputDir: '.diptych/e2e',
  reporter: [['list'], ['./scripts/playwright-reporter.mjs']],
  use: { viewport: { width: 1440, height: 900 }, colorScheme: 'light', trace: 'retain-on-failure' },
})
