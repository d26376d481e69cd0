import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTree, root, runNode } from './kit.ts'

const TESTS = `import { describe, expect, test } from 'vitest'
test('good', () => {})
test('bad', () => expect(1).toBe(2))
test('note', ctx => ctx.skip('the note'))
test.skip('named (skipped: the name)', () => {})
describe.skip('suite (skipped: the suite)', () => { test('inside', () => {}) })
test.skip('silent', () => {})
`

test('counts tests, and names failures, files that do not load, and skips with their reasons', async () => {
  const folder = makeTree({
    'test/a.test.ts': TESTS,
    'test/b.test.ts': "throw new Error('does not load')",
    'package.json': '{ "type": "module" }',
  })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const report = join(folder, 'report.json')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporter = `--reporter=${join(root, 'scripts', 'vitest-reporter.mjs')}`
  const { code } = await runNode([vitest, 'run', '--root', folder, '--maxWorkers=1', reporter], {
    cwd: folder,
    env: { ...process.env, DIPTYCH_TEST_REPORT: report },
  })
  expect(code).toBe(1)
  expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual({
    passed: 1,
    failed: [
      { name: 'test/a.test.ts > bad', reason: 'expected 1 to be 2 // Object.is equality' },
      { name: 'test/b.test.ts', reason: 'does not load' },
    ],
    skipped: [
      { name: 'test/a.test.ts > note', reason: 'the note' },
      { name: 'test/a.test.ts > named (skipped: the name)', reason: 'the name' },
      { name: 'test/a.test.ts > suite (skipped: the suite) > inside', reason: 'the suite' },
      { name: 'test/a.test.ts > silent' },
    ],
  })
})
