import { writeFileSync } from 'node:fs'
import { inShort } from './failures.mjs'

/** Counts the browser suite's tests for `scripts/test.mjs`, as the vitest reporter does for the rest. */
export default class CountingReporter {
  report = { passed: 0, failed: [], skipped: [], flaky: [] }
  suite

  onBegin(_config, suite) {
    this.suite = suite
  }

  onError(error) {
    this.report.failed.push({ name: 'outside any test', reason: inShort(error) })
  }

  onEnd() {
    for (const test of this.suite.allTests()) {
      const outcome = test.outcome()
      const name = test.titlePath().filter(Boolean).join(' > ')
      switch (outcome) {
        case 'expected':
          this.report.passed++
          break
        case 'flaky':
          this.report.passed++
          this.report.flaky.push({ name, reason: inShort(test.results[0].error) })
          break
        case 'skipped': {
          const reason = test.annotations.find(({ type }) => type === 'skip')?.description
          this.report.skipped.push({ name, reason })
          break
        }
        default:
          this.report.failed.push({ name, reason: inShort(test.results.at(-1)?.error) })
      }
    }
    if (process.env.DIPTYCH_TEST_REPORT) {
      writeFileSync(process.env.DIPTYCH_TEST_REPORT, JSON.stringify(this.report))
    }
  }
}
