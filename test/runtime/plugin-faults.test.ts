import { spawnSync } from 'node:child_process'
import { closeSync, copyFileSync, openSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PluginError } from '../../src/runtime/pjrt/error.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { checkLibraryFile } from '../../src/runtime/pjrt/library-file.ts'
import { named, plugin, scratch } from './pjrt-kit.ts'

const { path, missing } = plugin()
const folder = scratch()
afterAll(() => folder.remove())
const file = (name: string) => join(folder.path, name)

/** What loading says, without the folder that it names. */
function refusal(at: string): string {
  try {
    Library.load(at)
  } catch (error) {
    expect(error).toBeInstanceOf(PluginError)
    return (error as Error).message.replaceAll(folder.path, '…')
  }
  throw new Error(`${at} was loaded`)
}

test('a file that is no library is refused by name', () => {
  writeFileSync(file('notes.so'), 'this is text')
  writeFileSync(file('empty.so'), '')
  expect(refusal(file('notes.so'))).toMatch(/^…\/notes\.so (is no library\. Unset|can't be loaded)/)
  expect(refusal(file('empty.so'))).toMatch(/^…\/empty\.so (is no library\. Unset|can't be loaded)/)
  expect(refusal(file('nowhere.so'))).toMatch(/^…\/nowhere\.so can't be loaded as a PJRT plugin: ENOENT/)
})

describe.skipIf(missing !== '' || process.platform !== 'linux')(
  named('a plugin that is not whole', missing || (process.platform === 'linux' ? '' : 'only on Linux')),
  () => {
    /** The beginning of the real plugin, as long as `bytes`. */
    const cut = (name: string, bytes: number): string => {
      const [from, to] = [openSync(path, 'r'), openSync(file(name), 'w')]
      const part = Buffer.alloc(Math.min(bytes, 1 << 20))
      writeSync(to, part, 0, readSync(from, part, 0, part.length, 0))
      closeSync(from)
      closeSync(to)
      truncateSync(file(name), bytes)
      return file(name)
    }

    test('is refused before the loader maps it', () => {
      for (const [name, bytes] of [
        ['head.so', 40],
        ['half.so', 130_000_000],
      ] as const)
        expect(refusal(cut(name, bytes))).toMatch(
          new RegExp(`^…/${name} is cut short: it has ${bytes} bytes of at least \\d+\\. Remove it and run`),
        )
    })

    test('would end the process otherwise', () => {
      const program = `
        import koffi from 'koffi'
        try { koffi.load(${JSON.stringify(file('half.so'))}) } catch { process.exit(7) }
        process.exit(0)`
      const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program])
      // A bus error where the loader reads what is not there; some loaders notice, which is as good.
      expect(ran.signal === 'SIGBUS' || ran.signal === 'SIGSEGV' || ran.status === 7).toBe(true)
    })

    test('for another processor is told apart', () => {
      checkLibraryFile(path)
      const other = process.arch === 'x64' ? 'arm64' : 'x64'
      expect(() => checkLibraryFile(path, 'linux', other)).toThrow(/is a library for another processor than/)
    })
  },
)

const compiler = spawnSync('gcc', ['--version']).status === 0 ? '' : 'there is no gcc here'

/** A plugin as small as can be: `size` bytes of function table, and a version. */
const FAKE = `
#include <stdint.h>
static struct { uint64_t size; void *extension; uint64_t version_size; void *version_extension; int32_t major, minor; void *rest[400]; } api;
const void *GetPjrtApi(void) {
  api.size = SIZE; api.version_size = 24; api.major = MAJOR; api.minor = MINOR;
  return &api;
}`

describe.skipIf(compiler !== '')(named('a plugin of another kind', compiler), () => {
  const build = (name: string, source: string, ...flags: string[]): string => {
    writeFileSync(file(`${name}.c`), source)
    const ran = spawnSync('gcc', ['-shared', '-fPIC', ...flags, '-o', file(`${name}.so`), file(`${name}.c`)])
    if (ran.status !== 0) throw new Error(String(ran.stderr))
    return file(`${name}.so`)
  }
  let old = ''
  beforeAll(() => {
    old = build('old', FAKE, '-DSIZE=200', '-DMAJOR=0', '-DMINOR=3')
  })

  test('whose API is too old, or of another major version, is refused with both versions', () => {
    expect(refusal(old)).toMatch(
      /^…\/old\.so speaks PJRT API 0\.3, Diptych 0\.\d+: use the plugin that "node scripts\/setup\.mjs" fetches$/,
    )
    const next = build('next', FAKE, '-DSIZE=3000', '-DMAJOR=1', '-DMINOR=0')
    expect(refusal(next)).toMatch(/speaks PJRT API 1\.0, Diptych 0\./)
  })

  test('that has no PJRT at all is refused', () => {
    const other = build('other', 'int answer(void) { return 42; }')
    expect(refusal(other)).toMatch(/^…\/other\.so can't be loaded as a PJRT plugin: .*GetPjrtApi/)
  })

  test('leaves the process whole: the right one can be loaded after it', ctx => {
    if (missing !== '') ctx.skip(missing)
    copyFileSync(old, file('again.so'))
    refusal(file('again.so'))
    expect(Library.load(path).version.major).toBe(0)
  })
})
