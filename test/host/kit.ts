import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { fileSettings } from '../../src/host/settings.ts'
import { Workbench, type WorkbenchOptions } from '../../src/host/workbench.ts'
import type { HostFrame } from '../../src/protocol/frames.ts'
import type { HostTransport } from '../../src/protocol/transport.ts'
import type {
  HostEvents,
  HostFault,
  Method,
  OpenedDocument,
  ParamsOf,
  ResultOf,
  RunInfo,
  RunState,
} from '../../src/protocol/workbench.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
export const FAKE_ENGINE = here('fake-engine.mjs')

const hosts = new Set<Workbench>()

/** A temporary folder, gone after the test and after every host that may write to it. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'diptych-host-'))
  onTestFinished(async () => {
    await Promise.all([...hosts].map(host => host.close('cancel')))
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })
  return folder
}

/** A graph whose `about` tells the fake engine what to do. */
export const graphText = (about: Readonly<Record<string, unknown>> = {}, title = 'A graph'): string =>
  JSON.stringify({
    format: 'diptych-graph',
    version: 1,
    meta: { title, seed: 0, about: JSON.stringify(about) },
    nodes: {},
  })

export function putGraph(folder: string, about: Readonly<Record<string, unknown>> = {}, name = 'graph.json') {
  const path = join(folder, name)
  writeFileSync(path, graphText(about))
  return path
}

/** A refused request. */
export class Refused extends Error {
  readonly fault: HostFault
  constructor(fault: HostFault) {
    super(`${fault.tag}: ${fault.message}`)
    this.fault = fault
  }
}

export interface Frame {
  readonly frame: HostFrame
  readonly bytes: Uint8Array | undefined
}

/** A window's end, over anything that carries frames. */
export class TestWindow {
  readonly frames: HostFrame[] = []
  private readonly put: (frame: unknown) => void
  private readonly waiting = new Map<number, (frame: Frame) => void>()
  private lastId = 0

  constructor(put: (frame: unknown) => void) {
    this.put = put
  }

  take(frame: HostFrame, bytes?: Uint8Array): void {
    this.frames.push(frame)
    if ('id' in frame) this.waiting.get(frame.id)?.({ frame, bytes })
  }

  async ask<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    return (await this.askBytes(method, params)).result
  }

  async askBytes<M extends Method>(
    method: M,
    params: ParamsOf<M>,
  ): Promise<{ readonly result: ResultOf<M>; readonly bytes: Uint8Array | undefined }> {
    const { frame, bytes } = await this.raw({ id: ++this.lastId, method, params })
    if (!('id' in frame) || !frame.ok) throw new Refused((frame as { fault: HostFault }).fault)
    return { result: frame.result as ResultOf<M>, bytes }
  }

  /** Sends what stands there; resolves to the answer. */
  raw(frame: { readonly id: number; readonly [key: string]: unknown }): Promise<Frame> {
    return new Promise(resolve => {
      this.waiting.set(frame.id, resolve)
      this.put(frame)
    })
  }

  send(frame: unknown): void {
    this.put(frame)
  }

  get nextId(): number {
    return ++this.lastId
  }

  hello() {
    return this.ask('session.hello', { client: 'test' })
  }

  open(path: string): Promise<OpenedDocument> {
    return this.ask('document.open', { path })
  }

  events<E extends keyof HostEvents>(name: E): HostEvents[E][] {
    return this.frames.flatMap(f => ('event' in f && f.event === name ? [f.data as HostEvents[E]] : []))
  }

  /** What has come of a run's events, checked to be without a gap. */
  runEvents(run: string) {
    const batches = this.events('run.events').filter(b => b.run === run)
    let next = batches[0]?.from ?? 0
    for (const batch of batches) {
      if (batch.from !== next) throw new Error(`a gap: ${next} was expected, ${batch.from} came`)
      next = batch.from + batch.events.length
    }
    return batches.flatMap(b => b.events)
  }

  /** A run as it was told last. */
  run(id: string): RunInfo | undefined {
    return this.events('runs.changed')
      .at(-1)
      ?.runs.find(r => r.id === id)
  }

  untilRun(id: string, state: RunState): Promise<void> {
    return eventually(() => this.run(id)?.state === state, `run is ${state}`)
  }
}

export async function eventually(isSo: () => boolean, what = String(isSo), ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !isSo(); ) {
    if (Date.now() > end) throw new Error(`still not so after ${ms} ms: ${what}`)
    await sleep(10)
  }
}

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export interface Connected extends TestWindow {
  /** The window goes away without a word. */
  drop(): void
  /** Bytes that the window has not taken yet. */
  lag(bytes: number): void
}

export interface TestHost {
  readonly workbench: Workbench
  readonly config: string
  window(): Promise<Connected>
}

/** A host in this process with the fake engine, ended after the test. */
export async function startHost(
  given: Partial<WorkbenchOptions> & { readonly config?: string } = {},
): Promise<TestHost> {
  const { config = makeFolder(), ...options } = given
  const workbench = new Workbench({
    cacheFolder: makeFolder(),
    configFolder: config,
    graphsFolder: config,
    welcome: join(config, 'welcome.json'),
    settings: fileSettings(join(config, 'settings.json')),
    version: '0',
    shell: 'browser',
    engineEntry: FAKE_ENGINE,
    whenClosed: 'go-on',
    ...options,
  })
  hosts.add(workbench)
  onTestFinished(async () => {
    await workbench.close('cancel')
    hosts.delete(workbench)
  })
  await workbench.start()
  return { workbench, config, window: () => connect(workbench) }
}

async function connect(workbench: Workbench): Promise<Connected> {
  let buffered = 0
  let drain: (() => void)[] = []
  const transport: HostTransport = {
    // As a real transport would: what crosses is a copy.
    send: (frame, bytes) => window.take(JSON.parse(JSON.stringify(frame)) as HostFrame, bytes),
    get buffered() {
      return buffered
    },
    drained: () => new Promise(resolve => drain.push(resolve)),
    close: () => end.closed(),
  }
  const window = new TestWindow(frame => end.receive(JSON.parse(JSON.stringify(frame))))
  const end = workbench.connect(transport)
  await window.hello()
  return Object.assign(window, {
    drop: () => end.closed(),
    lag: (bytes: number) => {
      buffered = bytes
      if (bytes > 0) return
      for (const resolve of drain) resolve()
      drain = []
    },
  })
}

/** A host in a process of its own, driven over its standard streams. */
export interface ChildHost extends TestWindow {
  readonly process: ChildProcess
  readonly ended: Promise<number | null>
}

export async function startChild(config: string): Promise<ChildHost> {
  const bundle = join(makeFolder(), 'child.mjs')
  await build({
    entryPoints: [here('child.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Some packages' CommonJS can't be bundled into a module.
    mainFields: ['module', 'main'],
    logLevel: 'error',
  })
  const child = spawn(process.execPath, [bundle, config, FAKE_ENGINE], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const window = new TestWindow(frame => child.stdin.write(`${JSON.stringify(frame)}\n`))
  child.stdin.on('error', () => {
    // It was killed.
  })
  createInterface({ input: child.stdout }).on('line', line => window.take(JSON.parse(line) as HostFrame))
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  await window.hello()
  return Object.assign(window, { process: child, ended })
}

/** True while a process of this number lives. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export const REFERENCE = { engine: 'reference', fresh: false } as const

/** Opens a graph of this file, queues it, and follows its run. */
export async function enqueue(
  window: TestWindow,
  path: string,
  about: Readonly<Record<string, unknown>>,
  options: { readonly paused?: boolean } = {},
): Promise<RunInfo> {
  const { id } = await window.open(path)
  const run = await window.ask('run.enqueue', {
    document: id,
    text: graphText(about),
    options: { ...REFERENCE, ...options },
  })
  await window.ask('run.follow', { run: run.id, from: 0 })
  return run
}

export const stepsOf = (window: TestWindow, run: string): number[] =>
  window.runEvents(run).flatMap(e => (e.type === 'step' ? [e.step] : []))
