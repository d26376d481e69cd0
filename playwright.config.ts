import { defineConfig } from '@playwright/test'

/** What times what it sees, or keeps both cores busy: run by itself, after the rest. */
const ALONE = /\/(canvas-speed|chaos|frames|run|soak|start)\.spec\.ts$/

/** The browser suite: the built workbench in Chromium, as a person uses it. Run by `npm test`, a project after the other. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './test/e2e/global-setup.ts',
  projects: [
    // On a machine that others use too a wait may be too short once: `npm test` names what was tried again.
    { name: 'views', testIgnore: ALONE, retries: 1, outputDir: '.diptych/e2e/views' },
    { name: 'alone', testMatch: ALONE, outputDir: '.diptych/e2e/alone' },
  ],
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./scripts/playwright-reporter.mjs']],
  use: { viewport: { width: 1440, height: 900 }, colorScheme: 'light', trace: 'retain-on-failure' },
})
