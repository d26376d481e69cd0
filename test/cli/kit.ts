import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { xlaPlugin } from '../conformance/plugin.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const bin = join(root, 'bin', 'diptych')

const found = xlaPlugin()
/** Why tests that train on XLA are skipped here; undefined where they run. */
export const noXla: string | undefined = 'missing' in found ? found.missing : undefined
/** For a suite's name: says why it is skipped, where it is. */
export const skipNote = noXla ? ` (skipped: ${noXla})` : ''

/** The environment of a command with a cache of its own, and this machine's plugin. */
export const envWith = (cache: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  DIPTYCH_CACHE: cache,
  DIPTYCH_OFFLINE: '1',
  NO_COLOR: '1',
  ...('path' in found ? { DIPTYCH_PJRT_PLUGIN: found.path } : {}),
  ...more,
})

export interface Line {
  readonly type: string
  readonly [key: string]: unknown
}

/** How a command ended, and what it wrote. */
export class Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  constructor(code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string) {
    this.code = code
    this.signal = signal
    this.stdout = stdout
    this.stderr = stderr
  }
  /** Standard output as JSON lines; throws where a line is none. */
  get lines(): readonly Line[] {
    return parseLines(this.stdout)
  }
}

export interface Started {
  readonly child: ChildProcess
  readonly ran: Promise<Ran>
  /** Resolves with the first JSON line that fits; rejects when the command ends without one. */
  readonly until: (fits: (line: Line) => boolean) => Promise<Line>
}

const started = new Set<ChildProcess>()
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
})

/** Starts `bin/diptych`; it is killed at the end of the test file if it is still there. */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv, cwd = root): Started {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  started.add(child)
  child.on('close', () => started.delete(child))
  let [stdout, stderr] = ['', '']
  let seen = 0
  const waiting: {
    fits: (line: Line) => boolean
    resolve: (line: Line) => void
    reject: (e: Error) => void
  }[] = []
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (let end = stdout.indexOf('\n', seen); end >= 0; end = stdout.indexOf('\n', seen)) {
      const text = stdout.slice(seen, end)
      seen = end + 1
      if (!text.startsWith('{')) continue
      const line = JSON.parse(text) as Line
      for (const w of waiting) if (w.fits(line)) w.resolve(line)
    }
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ran = new Promise<Ran>(resolve => {
    child.on('close', (code, signal) => {
      for (const w of waiting) w.reject(new Error(`the command ended first:\n${stdout}\n${stderr}`))
      // Sources that were edited a moment ago are built first, which is no output of the command.
      const own = stderr.replace(/^diptych: .*(?:built in|is building|waiting).*\n/gm, '')
      resolve(new Ran(code, signal, stdout, own))
    })
  })
  const until = (fits: (line: Line) => boolean) =>
    new Promise<Line>((resolve, reject) => {
      const already = parseLines(stdout.slice(0, seen)).find(fits)
      if (already) resolve(already)
      else waiting.push({ fits, resolve, reject })
    })
  return { child, ran, until }
}

export const runCli = (args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ran> =>
  startCli(args, env, cwd).ran

export const parseLines = (text: string): Line[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Line)

/** `[step, loss]` of the step events, in order. */
export const lossesOf = (lines: readonly Line[]): (readonly [number, number])[] =>
  lines.filter(l => l.type === 'step').map(l => [l.step as number, l['train/loss'] as number] as const)

/** The same, from a run's folder. */
export const lossesOnDisk = (run: string, train = 'train'): (readonly [number, number])[] =>
  lossesOf(parseLines(readFileSync(join(run, `metrics.${train}.jsonl`), 'utf8')))

/** The last object of a run that ended in order. */
export function resultOf(ran: Ran): Line & {
  readonly run: string
  readonly outcome: string
  readonly reports: Readonly<Record<string, { readonly metrics: Readonly<Record<string, number>> }>>
} {
  const last = ran.lines.at(-1)
  if (last?.type !== 'result') throw new Error(`no result:\n${ran.stdout}\n${ran.stderr}`)
  return last as ReturnType<typeof resultOf>
}

/** No frame of a stack, no path of the sources. */
export const TRACE = /^\s+at .+:\d+:\d+|node:internal|\bout\/(cli|engine)\.mjs/m

/** Processes whose environment holds a text: what a killed command has left behind. None but on Linux. */
export function processesWith(text: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(text) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

/** Waits until something is so, for at most `ms`. */
export async function eventually(isSo: () => boolean, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !isSo(); ) {
    if (Date.now() > end) throw new Error(`still not so after ${ms / 1000} s: ${isSo}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
