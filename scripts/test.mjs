import './setup/node-version.mjs'

const { spawn } = await import('node:child_process')
const { mkdtempSync, readFileSync, rmSync } = await import('node:fs')
const { tmpdir } = await import('node:os')
const { join } = await import('node:path')
const { setUp } = await import('./setup/all.mjs')
const { projectRoot } = await import('./setup/paths.mjs')
const { seconds } = await import('./setup/progress.mjs')

// Continuous integration stops at 25 minutes without a word; stopping first leaves the counts.
const LIMIT_MS = 24 * 60_000
const FORMATTED = [
  'src',
  'test',
  'scripts',
  'bin',
  'electron.vite.config.ts',
  'playwright.config.ts',
  'vitest.config.ts',
  'package.json',
  'tsconfig.json',
  'tsconfig.window.json',
  'biome.json',
]

const long = process.argv.includes('--long')
const filters = process.argv.slice(2).filter(arg => arg !== '--long')
const begun = performance.now()
const total = { passed: 0, failed: 0, skipped: 0 }
const times = []
/** Said at the end, where whoever sees only the last lines finds them. */
const troubles = []

const inModules = (...path) => join(projectRoot, 'node_modules', ...path)

/** Runs a Node program with this terminal; resolves to its exit code, or null where it was killed. */
function runNode(args, env = process.env) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, args, {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const limit = LIMIT_MS - (performance.now() - begun)
    const timer = long
      ? undefined
      : setTimeout(() => {
          console.log(`stopped: the whole run has taken ${LIMIT_MS / 60_000} minutes`)
          child.kill('SIGKILL')
        }, limit)
    child.on('close', code => {
      clearTimeout(timer)
      resolve(code)
    })
  })
}

async function stage(name, work) {
  console.log(`\n== ${name}`)
  const started = performance.now()
  const counts = await work()
  for (const key of Object.keys(total)) total[key] += counts[key] ?? 0
  times.push([name, seconds(started), counts])
  return counts.failed === 0
}

/** A stage that passes or fails as a whole. */
const check = (name, args) =>
  stage(name, async () => ((await runNode(args)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }))

const prepare = (name, wanted) =>
  stage(name, async () => {
    try {
      await setUp({ ...wanted, log: line => console.log(line) })
      return { failed: 0 }
    } catch (error) {
      console.log(error.message)
      return { failed: 1 }
    }
  })

/** Runs a test program whose reporter leaves the counts in a file. A skip says why, or counts as failed. */
async function counted(name, args) {
  const folder = mkdtempSync(join(tmpdir(), 'diptych-test-'))
  const reportFile = join(folder, 'report.json')
  const env = { ...process.env, DIPTYCH_TEST_REPORT: reportFile }
  if (long) env.DIPTYCH_TEST_LONG = '1'
  try {
    const code = await runNode(args, env)
    const { passed, failed, skipped, flaky = [] } = JSON.parse(readFileSync(reportFile, 'utf8'))
    for (const { name: test, reason } of skipped)
      console.log(`skipped: ${test}: ${reason ?? 'NO REASON GIVEN'}`)
    for (const { name: test, reason } of failed) troubles.push(`failed: ${test}: ${reason}`)
    for (const { name: test, reason } of flaky) troubles.push(`passed when tried again: ${test}: ${reason}`)
    const silent = skipped.filter(({ reason }) => !reason).length
    if (silent > 0) console.log(`${silent} skipped without a reason: they count as failed`)
    // A run can fail without any test that does: no tests at all, a crash at the end.
    const failures = failed.length + silent || (code === 0 ? 0 : 1)
    return { passed, failed: failures, skipped: skipped.length - silent }
  } catch {
    console.log(`${name} ended without its report`)
    return { failed: 1 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const vitest = () =>
  counted('vitest', [
    inModules('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(projectRoot, 'scripts', 'vitest-reporter.mjs')}`,
    ...filters,
  ])

/** Tests of views wait for the screen most of the time, so two go side by side; of the others each has the machine. */
const playwright = (project, workers) =>
  counted('playwright', [
    inModules('@playwright', 'test', 'cli.js'),
    'test',
    `--project=${project}`,
    `--workers=${workers}`,
    '--pass-with-no-tests',
    ...filters,
  ])

if (await prepare('set-up', { build: false })) {
  await prepare('build', { page: true, plugin: false })
  await check('layers', [join(projectRoot, 'scripts', 'lint-layers.mjs')])
  await check('format and lint', [inModules('@biomejs', 'biome', 'bin', 'biome'), 'check', ...FORMATTED])
  await check('types', [inModules('typescript', 'bin', 'tsc'), '-p', '.'])
  await check('types of the window', [inModules('typescript', 'bin', 'tsc'), '-p', 'tsconfig.window.json'])
  // `npm test -- test/ir` runs a part: then the browser suite is run only where that is what was asked for.
  const browserOnly = filters.length > 0 && filters.every(filter => filter.startsWith('test/e2e'))
  if (!browserOnly) await stage(long ? 'tests, full counts' : 'tests', vitest)
  if (browserOnly || filters.length === 0) {
    await stage('browser, views', () => playwright('views', 2))
    await stage('browser, one by one', () => playwright('alone', 1))
  }
}

console.log('')
for (const [name, time, { failed }] of times)
  console.log(`${failed ? 'FAILED' : 'ok'.padEnd(6)} ${name} (${time})`)
for (const line of troubles) console.log(line)
process.exitCode = total.failed > 0 ? 1 : 0
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
