import { chmodSync, cpSync, existsSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs'
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
    'src/data/scenes/worker.ts': 'export {}',
    'src/data/read/parquet-worker.ts': 'export {}',
    'src/data/sql/sql-worker.ts': 'export {}',
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

/** Stands in for electron-vite: says that it was called, and makes what it would make. */
const WINDOW_BUILDER = `
const fs = require('node:fs')
fs.appendFileSync('builds', 'x')
for (const path of ['renderer/index.html', 'main/index.js', 'preload/index.cjs']) {
  fs.mkdirSync('out/' + path.split('/')[0], { recursive: true })
  fs.writeFileSync('out/' + path, '')
}
if (fs.existsSync('src/renderer/broken.ts')) { console.error('broken.ts:1 is no code'); process.exit(1) }`

/** The project, with what a window is made of. */
function windowProject() {
  const made = project()
  putFiles(made.folder, {
    'electron.vite.config.ts': '',
    'tsconfig.window.json': '',
    'src/renderer/main.tsx': 'export {}',
    'node_modules/electron-vite/package.json': '{ "type": "commonjs" }',
    'node_modules/electron-vite/bin/electron-vite.js': WINDOW_BUILDER,
  })
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...env } = made.options.env as NodeJS.ProcessEnv
  const builds = () => readFileSync(join(made.folder, 'builds'), 'utf8').length
  return { ...made, builds, options: { ...made.options, env } }
}

test('without a display, npm start serves a browser, with the arguments given', async () => {
  const { folder, options, builds } = windowProject()
  const start = () => runNode([join(folder, 'scripts', 'start.mjs'), '--port', '3'], options)
  const first = await start()
  expect(first.stdout).toBe('cli serve --when-closed stop --port 3\n')
  expect(first.stderr).toMatch(/^diptych: built in [\d.]+ s\ndiptych: window built in [\d.]+ s\n$/)
  expect(await start()).toMatchObject({ code: 3, stderr: '' })
  expect(builds()).toBe(1)
})

test('the window is built only for those who show it, and anew only after a change of its sources', async () => {
  const { folder, options, builds } = windowProject()
  const bin = (...args: string[]) => runNode([join(folder, 'bin', 'diptych'), ...args], options)
  const out = join(folder, 'out', 'cli.mjs')
  await bin('run')
  expect(existsSync(join(folder, 'builds'))).toBe(false)
  const made = statSync(out).mtimeMs
  await bin('serve')
  putFiles(folder, { 'src/renderer/main.tsx': 'export const a = 1' })
  // The window's sources are nothing to the command line.
  await bin('check')
  expect(builds()).toBe(1)
  await bin('serve')
  expect(builds()).toBe(2)
  expect(statSync(out).mtimeMs).toBe(made)
  putFiles(folder, { 'src/renderer/broken.ts': '' })
  const broken = await bin('serve')
  expect(broken).toMatchObject({ code: 1, stdout: '' })
  expect(broken.stderr).toMatch(/the window could not be built:\n {2}broken\.ts:1 is no code/)
})

test.skipIf(process.platform === 'win32')('with a display, npm start opens the desktop window', async () => {
  const { folder, options } = windowProject()
  const program = '#!/bin/sh\necho "electron $@"\n'
  putFiles(folder, {
    'node_modules/electron/path.txt': 'electron',
    'node_modules/electron/dist/electron': program,
  })
  chmodSync(join(folder, 'node_modules', 'electron', 'dist', 'electron'), 0o755)
  const start = () =>
    runNode([join(folder, 'scripts', 'start.mjs'), 'a.json'], {
      ...options,
      env: { ...options.env, DISPLAY: ':99' },
    })
  const main = join(realpathSync(folder), 'out', 'main', 'index.js')
  expect(await start()).toMatchObject({ code: 0, stdout: `electron ${main} a.json\n` })
  // One that can't be opened (libraries, the display) is a line, and the browser does.
  putFiles(folder, { 'node_modules/electron/dist/electron': '#!/bin/sh\nexit 127\n' })
  const failed = await start()
  expect(failed.stdout).toBe('cli serve --when-closed stop a.json\n')
  expect(failed.stderr).toContain('the desktop window could not be opened')
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
