import { writeFileSync } from 'node:fs'
import { inShort } from './failures.mjs'

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
    const report = { passed: 0, failed: [], skipped: [] }
    const fail = (name, errors) => {
      for (const error of errors) report.failed.push({ name, reason: inShort(error) })
    }
    fail('outside any test', unhandledErrors)
    for (const module of modules) {
      fail(module.relativeModuleId, module.errors())
      for (const suite of module.children.allSuites())
        fail(`${module.relativeModuleId} > ${suite.fullName}`, suite.errors())
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result()
        const name = `${module.relativeModuleId} > ${test.fullName}`
        if (state === 'passed') report.passed++
        else if (state === 'skipped') {
          const reason = skipReason(test, note)
          report.skipped.push({ name, reason })
        } else fail(name, [errors?.[0]])
      }
    }
    if (process.env.DIPTYCH_TEST_REPORT) {
      writeFileSync(process.env.DIPTYCH_TEST_REPORT, JSON.stringify(report))
    }
  }
}
