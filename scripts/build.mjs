import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeHashes, hashedFiles, listFiles } from './setup/code-hashes.mjs'
import { withLock } from './setup/lock.mjs'
import { projectRoot } from './setup/paths.mjs'
import { say, seconds } from './setup/progress.mjs'

const ENTRIES = {
  'src/cli/main.ts': 'cli',
  'src/engine/main.ts': 'engine',
  'src/data/scenes/worker.ts': 'scene-worker',
}
const OUT = 'out'
const STAMP = '.build-stamp'
const HASHES = 'code-hashes.json'
const scripts = dirname(fileURLToPath(import.meta.url))

const outputs = [...Object.values(ENTRIES).map(name => `${name}.mjs`), HASHES]

/** The window and the desktop shell are built apart: see build-window.mjs. */
const APART = ['src/renderer/', 'src/main/', 'src/preload/']

/** One hash over everything that the build's results depend on. */
function inputsHash(root) {
  const hash = createHash('sha256')
  const add = path => hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  for (const path of listFiles(root, 'src', ['.ts', '.tsx', '.json']))
    if (!APART.some(folder => path.startsWith(folder))) add(join(root, path))
  add(join(root, 'package-lock.json'))
  add(join(root, 'tsconfig.json'))
  add(join(scripts, 'build.mjs'))
  add(join(scripts, 'setup', 'code-hashes.mjs'))
  return hash.digest('hex')
}

/** True when `out/` holds what the sources would be built to now. */
export function buildReady(root = projectRoot) {
  try {
    const stamp = readFileSync(join(root, OUT, STAMP), 'utf8')
    return stamp === inputsHash(root) && outputs.every(name => existsSync(join(root, OUT, name)))
  } catch {
    return false
  }
}

const common = root => ({
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  metafile: true,
  write: false,
  logLevel: 'silent',
})

/** Writes a file under another name first, so that no one ever reads half of it. */
function put(path, contents) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.tmp`, contents)
  renameSync(`${path}.tmp`, path)
}

async function bundle(root, esbuild) {
  const files = hashedFiles(root)
  const [programs, nodes] = await Promise.all([
    esbuild.build({
      ...common(root),
      entryPoints: Object.entries(ENTRIES).map(([source, out]) => ({ in: source, out })),
      outdir: OUT,
      outExtension: { '.js': '.mjs' },
      sourcemap: true,
    }),
    files.length > 0 ? esbuild.build({ ...common(root), entryPoints: files, outdir: OUT }) : undefined,
  ])
  for (const { path, contents } of programs.outputFiles) put(path, contents)
  const hashes = codeHashes(root, files, nodes?.metafile.inputs ?? {})
  put(join(root, OUT, HASHES), `${JSON.stringify(hashes, null, 2)}\n`)
}

/** esbuild's errors as a person reads them: file, line, what. */
function explain(error) {
  if (!error.errors) return error
  const lines = error.errors.map(({ location: at, text }) => (at ? `${at.file}:${at.line}: ${text}` : text))
  return new Error(`the build failed:\n  ${lines.join('\n  ')}`)
}

/**
 * Bundles the command line and the engine into `out/`, with `out/code-hashes.json`: the hash of each node's,
 * reader's and service's source closure. Does nothing when the sources haven't changed.
 *
 * @throws {Error} with a message for a person
 */
export async function ensureBuild(root = projectRoot, { log = say } = {}) {
  if (buildReady(root)) return
  const missing = Object.keys(ENTRIES).filter(path => !existsSync(join(root, path)))
  if (missing.length > 0) throw new Error(`the build needs ${missing.join(' and ')}, which is not there`)
  await withLock(join(root, '.diptych', 'build.lock'), { what: 'building', log }, async () => {
    if (buildReady(root)) return
    const started = performance.now()
    const hash = inputsHash(root)
    const esbuild = await import('esbuild')
    try {
      await bundle(root, esbuild)
    } catch (error) {
      throw explain(error)
    } finally {
      await esbuild.stop()
    }
    put(join(root, OUT, STAMP), hash)
    log(`built in ${seconds(started)}`)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { ensureWindow } = await import('./build-window.mjs')
    await ensureBuild()
    await ensureWindow()
  } catch (error) {
    say(error.message)
    process.exitCode = 1
  }
}
