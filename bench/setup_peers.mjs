#!/usr/bin/env node
// Installs the Python peers of `diptych bench` (JAX and PyTorch, newest, for the CPU) into a virtual
// environment under the cache folder. No dependency but Node and Python 3 with pip.
//
//   node bench/setup_peers.mjs [--upgrade] [--fresh] [--list] [--torch-index URL] [--cuda-libs]
//
// Standard output is one line, the environment's Python interpreter; progress goes to standard error.
// What is installed already is kept, so an interrupted run is simply started again.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cacheDir, isOffline } from '../scripts/setup/paths.mjs'
import { megabytes } from '../scripts/setup/progress.mjs'

const HELP = `usage: node bench/setup_peers.mjs [options]
  --upgrade          look for newer versions although the peers are installed
  --fresh            throw the environment away and start again
  --list             print what would be downloaded and its size, then stop
  --torch-index URL  take PyTorch from this package index (PyTorch's own index has CPU-only builds)
  --cuda-libs        on Linux, install PyTorch's CUDA libraries too, instead of empty stand-ins`

const windows = process.platform === 'win32'
const here = dirname(fileURLToPath(import.meta.url))
const say = text => process.stderr.write(`${text}\n`)

/** A failure that the user can act on. */
class SetupError extends Error {}
class Interrupted extends SetupError {}

const folder = join(cacheDir(), 'bench-peers')
const venv = join(folder, 'venv')
const python = windows ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python')
const marker = join(folder, 'peers.json')

/** Runs a program; its standard output, or undefined if it failed and `optional`. */
function run(program, args, { optional = false, show = false } = {}) {
  const stdio = ['ignore', show ? process.stderr.fd : 'pipe', show ? process.stderr.fd : 'pipe']
  const done = spawnSync(program, args, { stdio, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (done.status === 0) return done.stdout ?? ''
  if (optional) return undefined
  if (done.signal || done.status === 130) throw new Interrupted('interrupted; start it again to go on')
  const last = done.error?.message ?? (done.stderr ?? '').trim().split('\n').slice(-4).join('\n')
  throw new SetupError(`${program} ${args.slice(0, 6).join(' ')} … failed${last ? `:\n${last}` : ''}`)
}

const pip = (args, options) => run(python, ['-m', 'pip', '--disable-pip-version-check', ...args], options)

const hasProgram = name => run(name, ['--version'], { optional: true }) !== undefined

/** Makes the virtual environment, or makes it anew where an interrupted run left half of one. */
function makeEnvironment() {
  if (existsSync(python) && pip(['--version'], { optional: true })) return
  const base = ['python3', 'python'].find(
    p => run(p, ['-c', 'import sys; assert sys.version_info >= (3, 10)'], { optional: true }) !== undefined,
  )
  if (!base)
    throw new SetupError(
      'Python 3.10 or newer was not found (looked for python3 and python). Install it and run this again.',
    )
  say(`making a virtual environment in ${venv}`)
  mkdirSync(folder, { recursive: true })
  if (run(base, ['-m', 'venv', '--clear', venv], { optional: true }) === undefined)
    throw new SetupError(
      `${base} could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv.`,
    )
  pip(['install', '--quiet', '--upgrade', 'pip'])
}

/**
 * What pip would install for these requirements: [{name, version, url, requires}]. Reads only the wheels'
 * metadata (by range requests, where the index allows), so nothing large is fetched.
 */
function resolve(requirements, extra = []) {
  const scratch = mkdtempSync(join(tmpdir(), 'diptych-peers-'))
  try {
    const report = join(scratch, 'report.json')
    pip([
      'install',
      '--dry-run',
      '--ignore-installed',
      '--quiet',
      '--use-feature=fast-deps',
      '--report',
      report,
      ...extra,
      ...requirements,
    ])
    return JSON.parse(readFileSync(report, 'utf8')).install.map(item => ({
      name: item.metadata.name,
      version: item.metadata.version,
      url: item.download_info.url,
      requires: item.metadata.requires_dist ?? [],
    }))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Download size in bytes, NaN if the server does not say. */
async function sizeOf(url) {
  try {
    const reply = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(15_000) })
    return reply.ok ? Number(reply.headers.get('content-length') ?? Number.NaN) : Number.NaN
  } catch {
    return Number.NaN
  }
}

const isCuda = requirement => /^(nvidia-|cuda-|triton)/i.test(requirement)

/**
 * PyTorch's wheels to install. On Linux the public index has it only as a CUDA build; of its CUDA libraries
 * only the two small ones that its CPU part calls while loading are taken (the runtime and CUPTI); stand-ins
 * serve for the others (cuda_stubs.py).
 */
function planTorch(options) {
  const index = options['torch-index'] ? ['--index-url', options['torch-index']] : []
  const [torch] = resolve(['torch'], ['--no-deps', ...index])
  const requires = torch.requires.filter(r => !/;.*\bextra\s*==/.test(r))
  const cuda = process.platform === 'linux' && requires.some(isCuda)
  if (!cuda || options['cuda-libs']) return { torch, others: requires, stubs: false, index }
  const toolkit = requires.map(r => /^cuda-toolkit\[[^\]]*\]\s*(==[^;\s]+)/i.exec(r)?.[1]).find(Boolean)
  const small = toolkit
    ? [`cuda-toolkit[cudart,cupti]${toolkit}`]
    : requires.filter(r => /^nvidia-cuda-(runtime|cupti)/i.test(r))
  return { torch, others: [...requires.filter(r => !isCuda(r)), ...small], stubs: true, index }
}

/** The same, or undefined (with the reason said) where this Python has no PyTorch: JAX is still worth having. */
function planTorchOrNot(options) {
  try {
    return planTorch(options)
  } catch (error) {
    if (!(error instanceof SetupError) || error instanceof Interrupted) throw error
    say(`PyTorch is left out: ${error.message}`)
    return undefined
  }
}

const canonical = name => name.toLowerCase().replace(/[-_.]+/g, '-')

/**
 * Installed packages, by canonical name. pip writes the file INSTALLER last, so one without it was interrupted:
 * half a package, which pip itself would take for whole.
 */
function installedPackages() {
  const code = `
import json
from importlib.metadata import distributions
print(json.dumps([[d.name, d.version, d.read_text('INSTALLER') is not None] for d in distributions() if d.name]))`
  const found = JSON.parse(run(python, ['-c', code]))
  return new Map(found.map(([name, version, whole]) => [canonical(name), { version, whole }]))
}

/** Prints the list with sizes, leaving out what is installed; gives what must be downloaded. */
async function announce(packages) {
  const installed = installedPackages()
  const missing = []
  for (const p of packages) {
    const have = installed.get(canonical(p.name))
    if (have?.version !== p.version || !have.whole) missing.push({ ...p, half: have?.whole === false })
  }
  const sized = await Promise.all(missing.map(async p => ({ ...p, size: await sizeOf(p.url) })))
  sized.sort((a, b) => (b.size || 0) - (a.size || 0))
  for (const p of sized)
    say(
      `  ${`${p.name} ${p.version}`.padEnd(36)} ${Number.isNaN(p.size) ? 'size unknown' : megabytes(p.size)}`,
    )
  const total = sized.reduce((sum, p) => sum + (p.size || 0), 0)
  say(`to download: ${sized.length} of ${packages.length} packages, ${megabytes(total)}`)
  return sized
}

/** Large or half-installed packages one by one, so that each is kept when the next is interrupted. */
function install(packages, index) {
  const pin = p => `${p.name}==${p.version}`
  const alone = packages.filter(p => p.size > 50e6 || p.half || p.name === 'torch')
  for (const p of alone) {
    say(`installing ${pin(p)}${p.half ? ' (again: it was interrupted)' : ''}`)
    const over = p.half ? ['--ignore-installed'] : []
    pip(['install', '--no-deps', ...over, ...(p.name === 'torch' ? index : []), pin(p)], { show: true })
  }
  const rest = packages.filter(p => !alone.includes(p))
  if (rest.length > 0) pip(['install', '--quiet', '--no-deps', ...rest.map(pin)], { show: true })
}

/** Version of a module in the environment, or undefined where it does not import. */
function importVersion(module) {
  const text = run(python, ['-c', `import ${module}; print(${module}.__version__)`], { optional: true })
  return text?.trim().split('\n').at(-1)
}

async function setup(options) {
  if (options.fresh && !options.list) rmSync(folder, { recursive: true, force: true })
  if (existsSync(marker) && existsSync(python) && !options.upgrade && !options.list) {
    say('the peers are installed (--upgrade looks for newer ones)')
    return
  }
  if (isOffline()) throw new SetupError('DIPTYCH_OFFLINE is set, and the peers are not installed yet.')
  makeEnvironment()
  say('asking the package index for versions and sizes …')
  const plan = planTorchOrNot(options)
  const others = resolve(['numpy', 'jax[cpu]', ...(plan?.others ?? [])])
  const torch = plan ? [plan.torch] : []
  const missing = await announce([...torch, ...others.filter(p => p.name !== 'torch')])
  if (options.list) return
  rmSync(marker, { force: true })
  install(missing, plan?.index ?? [])
  if (plan?.stubs && importVersion('torch') === undefined) {
    say('writing stand-ins for the CUDA libraries that CPU work never calls')
    if (run(python, [join(here, 'cuda_stubs.py')], { optional: true }) === undefined)
      say(
        '  that failed: it needs cc, ldd and readelf (Debian: apt install gcc binutils); --cuda-libs does without',
      )
  }
  const versions = { jax: importVersion('jax'), torch: importVersion('torch') }
  const present = Object.keys(versions).filter(name => versions[name] !== undefined)
  if (present.length === 0)
    throw new SetupError('installed, but neither JAX nor PyTorch imports. Try --fresh.')
  if (versions.torch === undefined)
    say('PyTorch does not import here; try --upgrade with --torch-index or --cuda-libs')
  if (versions.jax === undefined) say('JAX does not import here; try --fresh')
  if (versions.torch && !windows && !['c++', 'g++', 'clang++'].some(hasProgram))
    say('note: no C++ compiler was found; torch.compile needs one')
  writeFileSync(`${marker}.tmp`, `${JSON.stringify({ python, versions }, null, 2)}\n`)
  renameSync(`${marker}.tmp`, marker)
  say(`ready: ${present.map(name => `${name} ${versions[name]}`).join(', ')}`)
}

try {
  const { values } = parseArgs({
    options: {
      upgrade: { type: 'boolean' },
      fresh: { type: 'boolean' },
      list: { type: 'boolean' },
      'torch-index': { type: 'string' },
      'cuda-libs': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    say(HELP)
  } else {
    await setup(values)
    if (!values.list) process.stdout.write(`${python}\n`)
  }
} catch (error) {
  if (!(error instanceof SetupError) && !String(error.code).startsWith('ERR_PARSE_ARGS')) throw error
  say(`setup_peers: ${error.message}`)
  process.exitCode = 1
}
