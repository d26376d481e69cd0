import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadScript, makeTree, putFiles, root, runNode } from './kit.ts'
import { sha256 } from './wheel-kit.ts'

interface PathsModule {
  cacheDir(env: NodeJS.ProcessEnv, platform: string, home: string): string
}
const { cacheDir } = await loadScript<PathsModule>('setup/paths.mjs')

/**
 * A copy of the project's scripts over a tiny program, with a plugin in its cache. Its packages are its own
 * folder with links to the few that a build needs: nothing here can touch this project's.
 */
function project() {
  const stamp = JSON.stringify({ files: { 'xla_cpu_pjrt.so': { bytes: 3, sha256: '' } } })
  const folder = makeTree({
    'src/cli/main.ts': "console.log('cli', ...process.argv.slice(2))\nprocess.exitCode = 3",
    'src/engine/main.ts': 'export {}',
    'cache/plugins/xla-cpu-0.0.1/xla_cpu_pjrt.so': 'lib',
    'cache/plugins/xla-cpu-0.0.1/stamp.json': stamp,
    'elsewhere/x': '',
  })
  for (const path of ['bin', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  const lock = readFileSync(join(root, 'package-lock.json'))
  putFiles(folder, {
    'node_modules/.diptych-stamp': `${sha256(lock)} ${process.platform}-${process.arch}\n`,
  })
  for (const name of ['esbuild', '@esbuild']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
  }
  const env = { ...process.env, DIPTYCH_CACHE: join(folder, 'cache'), DIPTYCH_OFFLINE: '1' }
  return { folder, options: { cwd: join(folder, 'elsewhere'), env } }
}

test('bin/diptych sets itself up on standard error, then is the command line and no more', async () => {
  const { folder, options } = project()
  const link = join(folder, 'elsewhere', 'dip')
  symlinkSync(join(folder, 'bin', 'diptych'), link)
  const first = await runNode([link, 'run', 'a b', '--json'], options)
  expect(first).toMatchObject({ code: 3, stdout: 'cli run a b --json\n' })
  expect(first.stderr).toMatch(/^diptych: built in [\d.]+ s\n$/)
  expect(await runNode([link, 'check'], options)).toEqual({ code: 3, stdout: 'cli check\n', stderr: '' })
})

test('npm start runs the default graph, with the arguments given', async () => {
  const { folder, options } = project()
  const started = await runNode([join(folder, 'scripts', 'start.mjs'), '--seed', '3'], options)
  expect(started.stdout).toBe(`cli run ${join('..', 'graphs', 'clip-emoji.json')} --seed 3\n`)
})

test('without the plugin, commands that compute say so, and the others do not miss it', async () => {
  const { folder, options } = project()
  const env = { ...options.env, DIPTYCH_CACHE: makeTree() }
  const bin = join(folder, 'bin', 'diptych')
  const ran = await runNode([bin, 'run'], { ...options, env })
  expect(ran.code).toBe(3)
  expect(ran.stderr).toMatch(
    /diptych: the XLA plugin is missing: .*\n {2}Without it only graphs of toy size run/,
  )
  expect((await runNode([bin, 'check'], { ...options, env })).stderr).toBe('')
})

test('the cache folder is the one that the system has for it', () => {
  expect(cacheDir({ DIPTYCH_CACHE: '/c' }, 'linux', '/home/a')).toBe('/c')
  expect(cacheDir({}, 'linux', '/home/a')).toBe(join('/home/a', '.cache', 'diptych'))
  expect(cacheDir({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/a')).toBe(join('/x', 'diptych'))
  expect(cacheDir({ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/a')).toBe(
    join('/home/a', '.cache', 'diptych'),
  )
  expect(cacheDir({}, 'darwin', '/home/a')).toBe(join('/home/a', 'Library', 'Caches', 'diptych'))
  expect(cacheDir({ LOCALAPPDATA: '/l' }, 'win32', '/home/a')).toBe(join('/l', 'diptych'))
})
