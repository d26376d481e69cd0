import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadScript, makeTree, putFiles } from './kit.ts'

interface PackagesModule {
  ensurePackages(
    root: string,
    options: { env: NodeJS.ProcessEnv; log: (line: string) => void },
  ): Promise<void>
  installedByHand(root: string): boolean
  packagesReady(root: string): boolean
}
const { ensurePackages, installedByHand, packagesReady } =
  await loadScript<PackagesModule>('setup/packages.mjs')

const OTHER_OS = process.platform === 'win32' ? 'linux' : 'win32'
const lockFile = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'x' },
      'node_modules/a': { version, integrity: `sha512-${version}` },
      'node_modules/a-here': { version: '1', optional: true, os: [process.platform], cpu: [process.arch] },
      'node_modules/a-elsewhere': { version: '1', optional: true, os: [OTHER_OS] },
      'node_modules/a-musl': { version: '1', optional: true, os: [process.platform], libc: ['musl'] },
      'node_modules/wasm-part': { version: '1', optional: true },
    },
  })

/** Stands for npm: installs what the test's lock file needs here, or fails. */
const FAKE_NPM = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs')
appendFileSync(process.env.FAKE_LOG, process.argv.slice(2).join(' ') + '\\n')
if (process.env.FAKE_NPM === 'fails') {
  console.error('npm error the registry is closed\\nnpm error A complete log of this run can be found in: x')
  process.exit(1)
}
const wanted = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages
const packages = {}
for (const path of ['node_modules/a', 'node_modules/a-here']) {
  mkdirSync(path, { recursive: true })
  writeFileSync(path + '/package.json', '{}')
  packages[path] = wanted[path]
}
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))
`

function project() {
  const root = makeTree({ 'package-lock.json': lockFile('1'), 'fake/npm-cli.js': FAKE_NPM, 'fake/calls': '' })
  const lines: string[] = []
  const env = {
    ...process.env,
    npm_execpath: join(root, 'fake', 'npm-cli.js'),
    FAKE_LOG: join(root, 'fake', 'calls'),
  }
  return {
    root,
    lines,
    calls: () => readFileSync(join(root, 'fake', 'calls'), 'utf8').split('\n').length - 1,
    lastCall: () => readFileSync(join(root, 'fake', 'calls'), 'utf8'),
    ensure: (changed: NodeJS.ProcessEnv = {}) =>
      ensurePackages(root, { env: { ...env, ...changed }, log: line => lines.push(line) }),
  }
}

describe('packages', () => {
  test('are installed once, without install scripts, and again when the lock file changes', async () => {
    const at = project()
    expect(packagesReady(at.root)).toBe(false)
    await at.ensure()
    expect(packagesReady(at.root)).toBe(true)
    expect(at.lastCall()).toMatch(/^ci --ignore-scripts --include=dev --include=optional /)
    await at.ensure()
    expect(at.calls()).toBe(1)

    putFiles(at.root, { 'package-lock.json': lockFile('2') })
    expect(packagesReady(at.root)).toBe(false)
    await at.ensure()
    expect(at.calls()).toBe(2)
    expect(packagesReady(at.root)).toBe(true)
    expect(existsSync(join(at.root, '.diptych', 'setup.lock'))).toBe(false)
  })

  test('an installation that failed or was interrupted is done again', async () => {
    const at = project()
    await expect(at.ensure({ FAKE_NPM: 'fails' })).rejects.toThrow(
      /^the packages could not be installed:\n {2}npm error the registry is closed\nCheck the network/,
    )
    expect(packagesReady(at.root)).toBe(false)
    await at.ensure()
    // npm writes its own lock file last: without it some files may be missing, whatever is there.
    rmSync(join(at.root, 'node_modules', '.package-lock.json'))
    rmSync(join(at.root, 'node_modules', '.diptych-stamp'))
    expect(installedByHand(at.root)).toBe(false)
    await at.ensure()
    expect(at.calls()).toBe(3)
  })

  test('what a person has installed by hand is taken as it is, if it is all', async () => {
    const at = project()
    await at.ensure()
    rmSync(join(at.root, 'node_modules', '.diptych-stamp'))
    expect(installedByHand(at.root)).toBe(true)
    await at.ensure()
    expect(at.calls()).toBe(1)
    expect(packagesReady(at.root)).toBe(true)

    rmSync(join(at.root, 'node_modules', 'a-here'), { recursive: true })
    expect(installedByHand(at.root)).toBe(false)
    // As after `npm ci --omit=optional`, which leaves out the programs that esbuild and others are.
    const { 'node_modules/a': a } = JSON.parse(lockFile('1')).packages
    const partial = JSON.stringify({ packages: { 'node_modules/a': a } })
    putFiles(at.root, { 'node_modules/.package-lock.json': partial })
    expect(installedByHand(at.root)).toBe(false)
  })

  test('offline, npm looks in its own cache only', async () => {
    const at = project()
    await at.ensure({ DIPTYCH_OFFLINE: '1' })
    expect(at.lastCall()).toContain(' --offline')
  })
})
