import { chmodSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { eventually, loadScript, makeTree, putFiles, scriptUrl, startNode } from './kit.ts'
import { makeZip, sha256 } from './wheel-kit.ts'

interface Options {
  readonly pin: object
  readonly cache: string
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly platform: string
  readonly arch: string
  readonly glibc: string
}
interface PluginModule {
  ensurePlugin(options: Partial<Options>): Promise<{ folder?: string; problem?: string }>
  pluginReady(folder: string): boolean
  verifyPlugin(folder: string): Promise<boolean>
}
const { ensurePlugin, pluginReady, verifyPlugin } = await loadScript<PluginModule>('setup/plugin.mjs')

const LIBRARY = 'a library '.repeat(5000)
const WHEEL = makeZip({
  'p/lib.so': LIBRARY,
  'p/include/api.h': '#define API 1',
  'p.dist-info/METADATA': 'p',
})
const FILE = 'p-1-py3-none-any.whl'
const PIN = {
  title: 'the test plugin',
  label: 'plugin',
  folder: 'p-1',
  requirement: 'p==1',
  glibc: [2, 27],
  unpackedBytes: 60_000,
  wheels: { 'linux-x64': { file: FILE, platform: 'p_x64', sha256: sha256(WHEEL), bytes: WHEEL.length } },
  members: { 'p/lib.so': 'lib.so', 'p/include/api.h': 'include/api.h', 'p.dist-info/METADATA': 'METADATA' },
}

/** Stands for `python3`: does as `FAKE_PIP` says and writes down how it was called. */
const FAKE_PYTHON = `#!${process.execPath}
const { appendFileSync, copyFileSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const args = process.argv.slice(2)
const mode = process.env.FAKE_PIP
appendFileSync(process.env.FAKE_LOG, args.join(' ') + '\\n')
if (args.includes('--version')) {
  if (mode === 'none') process.exit(1)
  console.log('pip 99.0 from here')
} else if (args.includes('venv')) process.exit(1)
else if (args.includes('download')) {
  const target = join(args[args.indexOf('--dest') + 1], '${FILE}')
  if (mode === 'fails') {
    console.error('WARNING: hm\\nERROR: it is too late for this')
    process.exit(1)
  }
  if (mode === 'offline') {
    console.error("WARNING: broken by 'NewConnectionError(...)'\\nERROR: No matching distribution found for p==1")
    process.exit(1)
  }
  if (mode === 'slow') {
    writeFileSync(join(process.env.TMPDIR, 'part'), 'x')
    setTimeout(() => {}, 2000)
  } else copyFileSync(process.env.FAKE_WHEEL, target)
  if (mode === 'wrong') appendFileSync(target, '!')
}
`

function place(mode: string) {
  const folder = makeTree({ 'bin/python3': FAKE_PYTHON, 'wheel.whl': WHEEL, calls: '' })
  chmodSync(join(folder, 'bin/python3'), 0o755)
  const cache = join(folder, 'cache')
  const lines: string[] = []
  const env = {
    PATH: join(folder, 'bin'),
    FAKE_PIP: mode,
    FAKE_LOG: join(folder, 'calls'),
    FAKE_WHEEL: join(folder, 'wheel.whl'),
  }
  const options = { pin: PIN, cache, env, platform: 'linux', arch: 'x64', glibc: '2.36' }
  return {
    options,
    lines,
    plugins: join(cache, 'plugins'),
    plugin: join(cache, 'plugins', 'p-1'),
    calls: () => readFileSync(join(folder, 'calls'), 'utf8'),
    ensure: (changed: Partial<Options> = {}) =>
      ensurePlugin({ ...options, log: line => lines.push(line), ...changed }),
  }
}

const TOY = 'Without it only graphs of toy size run, on the slow reference backend.'

describe('the plugin', () => {
  beforeEach(ctx => {
    if (process.platform === 'win32') ctx.skip('the stand-in for Python is a #! script')
  })

  test('is fetched with its hash pinned, unpacked and stamped, and then never asked for again', async () => {
    const at = place('ok')
    expect(await at.ensure()).toEqual({ folder: at.plugin })
    expect(readFileSync(join(at.plugin, 'lib.so'), 'utf8')).toBe(LIBRARY)
    expect(readFileSync(join(at.plugin, 'include/api.h'), 'utf8')).toBe('#define API 1')
    const stamp = JSON.parse(readFileSync(join(at.plugin, 'stamp.json'), 'utf8'))
    expect(stamp.files['lib.so']).toEqual({ sha256: sha256(LIBRARY), bytes: LIBRARY.length })
    expect(readdirSync(at.plugins)).toEqual(['p-1'])
    expect(at.calls()).toContain('-m pip download --no-deps --require-hashes --only-binary=:all:')
    expect(at.calls()).toContain('--platform p_x64')

    const calls = at.calls()
    expect(await at.ensure()).toEqual({ folder: at.plugin })
    expect(at.calls()).toBe(calls)
  })

  test.each([
    ['a library cut short', (folder: string) => truncateSync(join(folder, 'lib.so'), 10)],
    ['a stamp cut short', (folder: string) => truncateSync(join(folder, 'stamp.json'), 10)],
    ['a stamp of nothing', (folder: string) => writeFileSync(join(folder, 'stamp.json'), '{"files":{}}')],
  ])('is fetched again over %s', async (_name, damage) => {
    const at = place('ok')
    await at.ensure()
    damage(at.plugin)
    expect(pluginReady(at.plugin)).toBe(false)
    expect(await at.ensure()).toEqual({ folder: at.plugin })
    expect(readFileSync(join(at.plugin, 'lib.so'), 'utf8')).toBe(LIBRARY)
  })

  test('a changed byte is found by reading all again', async () => {
    const at = place('ok')
    await at.ensure()
    expect(await verifyPlugin(at.plugin)).toBe(true)
    writeFileSync(join(at.plugin, 'lib.so'), LIBRARY.replace('a', 'b'))
    expect(pluginReady(at.plugin)).toBe(true)
    expect(await verifyPlugin(at.plugin)).toBe(false)
  })

  test('a start that was killed in the download leaves nothing that the next one keeps', async () => {
    const at = place('slow')
    const program = `
      import { ensurePlugin } from ${JSON.stringify(scriptUrl('setup/plugin.mjs'))}
      await ensurePlugin(${JSON.stringify(at.options)})`
    const { child, ran } = startNode(['--input-type=module', '-e', program])
    await eventually(() => at.calls().includes('download'))
    child.kill('SIGKILL')
    await ran
    expect(readdirSync(at.plugins).some(name => name.startsWith('tmp-'))).toBe(true)

    const env = { ...at.options.env, FAKE_PIP: 'ok' }
    expect(await at.ensure({ env })).toEqual({ folder: at.plugin })
    expect(readdirSync(at.plugins)).toEqual(['p-1'])
  })

  test('a wheel that is there already is unpacked without pip, offline too', async () => {
    const at = place('fails')
    putFiles(at.plugins, { [FILE]: WHEEL })
    const env = { ...at.options.env, DIPTYCH_OFFLINE: '1' }
    expect(await at.ensure({ env })).toEqual({ folder: at.plugin })
    expect(at.calls()).toBe('')
    expect(readdirSync(at.plugins)).toEqual(['p-1'])
  })

  test('a wheel of another hash is refused, from pip and from a person', async () => {
    const at = place('wrong')
    expect((await at.ensure()).problem).toContain(`not ${sha256(WHEEL)}`)
    expect(existsSync(at.plugin)).toBe(false)
    putFiles(at.plugins, { [FILE]: 'something else' })
    expect((await at.ensure()).problem).toContain(`${join(at.plugins, FILE)} has the SHA-256`)
  })

  test('pip tells why it failed', async () => {
    expect((await place('fails').ensure()).problem).toContain('ERROR: it is too late for this')
    expect((await place('offline').ensure()).problem).toBe(
      'the test plugin is missing: pip could not fetch it: no connection to the package index ' +
        `(NewConnectionError); check the network or pip's proxy settings.\n  ${TOY}`,
    )
  })

  test('without Python, and without pip, one line says what is missing and how to get it', async () => {
    const none = place('ok')
    const { problem } = await none.ensure({ env: { PATH: makeTree() } })
    expect(problem).toMatch(
      /^the test plugin is missing: it is fetched with Python's pip, and there is no Python here \(.*install.*\)\.\n/,
    )
    expect(problem).toContain(TOY)
    const noPip = await place('none').ensure()
    expect(noPip.problem).toMatch(/it is fetched with pip, and python3 here has none \(.*install.*\)\./)
  })

  test.each([
    [{ platform: 'darwin' }, 'there is none for darwin on x64 (it exists for Linux on x64)'],
    [{ platform: 'linux', glibc: '2.17' }, 'it needs glibc 2.27 or newer, and this is 2.17'],
    [{ platform: 'linux', glibc: '' }, 'it needs glibc, and this Linux has another C library (musl?)'],
  ])('a system without a wheel is told so, and nothing is written: %j', async (system, reason) => {
    const at = place('ok')
    const { problem } = await at.ensure(system)
    expect(problem).toBe(`the test plugin is missing: ${reason}.\n  ${TOY}`)
    expect(existsSync(at.plugins)).toBe(false)
  })

  test('DIPTYCH_OFFLINE forbids to call pip', async () => {
    const at = place('ok')
    const { problem } = await at.ensure({ env: { ...at.options.env, DIPTYCH_OFFLINE: '1' } })
    expect(problem).toContain('DIPTYCH_OFFLINE forbids to fetch it')
    expect(at.calls()).toBe('')
  })

  test('an archive that is damaged, or lacks a file, is no plugin', async () => {
    const pinOf = (wheel: Uint8Array) => {
      const system = { ...PIN.wheels['linux-x64'], sha256: sha256(wheel) }
      return { ...PIN, wheels: { 'linux-x64': system } }
    }
    for (const wheel of [makeZip({ 'p/lib.so': LIBRARY }), WHEEL.subarray(0, 100), Buffer.from('no zip')]) {
      const at = place('ok')
      putFiles(at.plugins, { [FILE]: wheel })
      await expect(at.ensure({ pin: pinOf(wheel) })).rejects.toThrow(/not in|not a zip archive/)
      expect(pluginReady(at.plugin)).toBe(false)
    }
  })
})

test('the wheels are pinned by hash', async () => {
  const { XLA_CPU } = await loadScript<{ XLA_CPU: typeof PIN }>('setup/pins.mjs')
  expect(XLA_CPU.requirement).toBe('xla-cpu-pjrt==0.0.1')
  const hashes = Object.values(XLA_CPU.wheels).map(wheel => wheel.sha256)
  expect(hashes).toHaveLength(2)
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/)
})
