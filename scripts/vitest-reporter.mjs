import { writeFileSync } from 'node:fs'

/** A skip says why: by `ctx.skip(reason)`, or by "(skipped: reason)" in the name of the test or its suite. */
function skipReason(test, note) {
  return note ?? /\(skipped: (.+?)\)(?:$| > )/.exec(test.fullName)?.[1]
}

/**
 * Counts the tests of a run for `scripts/test.mjs`, which names the file in `DIPTYCH_TEST_REPORT`.
 * Errors outside tests (a file that doesn't load, a failing hook, an unhandled rejection) count as failed tests.
 */
export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const report = { passed: 0, failed: unhandledErrors.length, skipped: [] }
    for (const module of modules) {
      report.failed += module.errors().length
      for (const suite of module.children.allSuites()) report.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state, note } = test.result()
        if (state === 'passed') report.passed++
        else if (state === 'skipped') {
          const reason = skipReason(test, note)
          report.skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, reason })
        } else report.failed++
      }
    }
    if (process.env.DIPTYCH_TEST_REPORT) {
      writeFileSync(process.env.DIPTYCH_TEST_REPORT, JSON.stringify(report))
    }
  }
}
