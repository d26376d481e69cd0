import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { GraphDocument } from '../graph/document.ts'
import { expandDefs } from '../graph/expand.ts'
import { parseGraph } from '../graph/parse.ts'
import { ENGINES, type EngineName, engineOfFingerprint } from '../protocol/engine-name.ts'
import type { RunInfo, RunState } from '../protocol/workbench.ts'
import { readIfThere, readJsonIfThere, writeFileAtomic } from './disk.ts'
import { Fault } from './fault.ts'
import { readFork } from './fork.ts'
import { isAlive, isThisProcess, processMark, thisProcess } from './process-mark.ts'
import { type EventSource, FixedEvents, RunLog } from './run-log.ts'
import { checkpointsOf, reportsOf, synthesizeEvents } from './run-synthesis.ts'

const STATES = [
  'waiting',
  'running',
  'pausing',
  'paused',
  'stopping',
  'completed',
  'stopped',
  'cancelled',
  'failed',
  'interrupted',
] as const satisfies readonly RunState[]
const LIVE: ReadonlySet<RunState> = new Set(['waiting', 'running', 'pausing', 'paused', 'stopping'])

export const isLive = (state: RunState): boolean => LIVE.has(state)

const runFile = z.object({
  format: z.literal('diptych-run'),
  version: z.literal(1),
  owner: processMark,
  id: z.string(),
  file: z.string().nullable(),
  title: z.string(),
  state: z.enum(STATES),
  engine: z.enum(ENGINES),
  queuedAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  failure: z
    .object({
      message: z.string(),
      node: z.string().optional(),
      diagnostics: z.array(z.unknown()),
    })
    .nullable(),
  attribution: z.array(z.string()),
})

/** Keeps what the workbench knows of a run beside what the engine has written. */
export async function writeRunFile(folder: string, info: RunInfo, engine: EngineName): Promise<void> {
  const { id, file, title, state, queuedAt, startedAt, endedAt, failure, attribution } = info
  const content: z.infer<typeof runFile> = {
    format: 'diptych-run',
    version: 1,
    owner: thisProcess(),
    ...{ id, file, title, state, engine, queuedAt, startedAt, endedAt },
    failure: failure && { ...failure, diagnostics: [...failure.diagnostics] },
    attribution: [...attribution],
  }
  await writeFileAtomic(join(folder, 'run.json'), `${JSON.stringify(content, null, 2)}\n`)
}

/** A run as its folder tells of it. */
export interface StoredRun {
  readonly info: RunInfo
  readonly engine: EngineName
}

/** The folders of a graph file's runs, newest first. `out`: the folder that holds `runs/`. */
export async function runFoldersOf(file: string, out = join(dirname(file), '.diptych')): Promise<string[]> {
  const base = basename(file).replace(/\.json$/, '')
  const found = await readdir(join(out, 'runs')).catch(() => [] as string[])
  return found
    .filter(name => {
      const parts = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-(.+)-[0-9a-f]{6}$/.exec(name)
      return parts?.[1] === base
    })
    .sort()
    .reverse()
    .map(name => join(out, 'runs', name))
}

/** Reads a run's folder; undefined where there is no run. */
export async function readRun(folder: string, file: string | null): Promise<StoredRun | undefined> {
  const text = await readIfThere(join(folder, 'graph.json'))
  if (text === undefined) return undefined
  const graph = parseGraph(text).document
  const checkpoints = await checkpointsOf(folder)
  const reports = await reportsOf(folder)
  const parsed = runFile.safeParse(await readJsonIfThere(join(folder, 'run.json')))
  const events = await countEvents(folder, graph)
  const fork = await readFork(folder)
  const common = { folder, events, reports, ...(fork && { fork }) }
  if (parsed.success) {
    const { id, title, queuedAt, startedAt, endedAt, attribution, owner, engine } = parsed.data
    const lost = isLive(parsed.data.state) && (isThisProcess(owner) || !isAlive(owner))
    const state: RunState = lost ? 'interrupted' : parsed.data.state
    const failure = parsed.data.failure as RunInfo['failure']
    const over = lost ? (await timesOf(folder)).ended : endedAt
    const info: RunInfo = {
      ...{ id, file, title, state, queuedAt, startedAt, endedAt: over, failure, attribution },
      ...common,
      resumable: state !== 'completed' && !isLive(state) && checkpoints.size > 0,
    }
    return { info, engine }
  }
  const { began, ended } = await timesOf(folder)
  const done = isComplete(graph, reports)
  const info: RunInfo = {
    id: basename(folder),
    file,
    title: graph?.meta.title ?? basename(folder),
    state: done ? 'completed' : checkpoints.size > 0 ? 'stopped' : 'interrupted',
    queuedAt: began,
    startedAt: began,
    endedAt: ended,
    resumable: !done && checkpoints.size > 0,
    failure: null,
    attribution: [],
    ...common,
  }
  return { info, engine: await engineOf(folder, checkpoints) }
}

/** @throws {Fault} while another process writes to a run: a workbench, or a command that nobody here started. */
export async function refuseInUse(folder: string, info: RunInfo): Promise<void> {
  const writer = Number((await readIfThere(join(folder, '.lock'))) ?? '')
  const locked = writer > 0 && isAlive({ pid: writer })
  if (!locked && !isLive(info.state)) return
  const who = locked ? `Process ${writer}` : 'Another process'
  throw new Fault('bad-request', `${who} is still writing to ${folder}. Try again when it has ended.`)
}

/** Deletes a run's folder: first its name, so that what is left of one that can't be deleted is no run. */
export async function deleteFolder(folder: string): Promise<void> {
  const gone = join(dirname(folder), `.deleted-${basename(folder)}`)
  await rename(folder, gone)
  await rm(gone, { recursive: true, force: true, maxRetries: 3 })
}

/** What happened in a run that is over, from its log or from what a headless run has left. */
export async function openEvents(folder: string): Promise<EventSource> {
  if (await stat(join(folder, 'events.jsonl')).catch(() => undefined)) return RunLog.open(folder)
  const text = await readFile(join(folder, 'graph.json'), 'utf8').catch(() => '')
  return new FixedEvents(await synthesizeEvents(folder, parseGraph(text).document))
}

async function countEvents(folder: string, graph: GraphDocument | undefined): Promise<number> {
  const log = await stat(join(folder, 'events.jsonl')).catch(() => undefined)
  return log ? (await RunLog.open(folder)).length : (await synthesizeEvents(folder, graph)).length
}

/** A headless run is over when every evaluator has reported that a person has not muted or bypassed. */
function isComplete(graph: GraphDocument | undefined, reports: RunInfo['reports']): boolean {
  if (!graph) return false
  const { nodes, bypassed } = expandDefs(graph)
  const evaluators = [...nodes].filter(
    ([id, node]) => node.type.startsWith('evaluation.') && node.mode === undefined && !bypassed.has(id),
  )
  return evaluators.length > 0 && evaluators.every(([id]) => id in reports)
}

/** The folder's name says when a run began, in UTC; its youngest file when it was last at work. */
export async function timesOf(folder: string): Promise<{ readonly began: number; readonly ended: number }> {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)/.exec(basename(folder))
  const names = await readdir(folder).catch(() => [] as string[])
  const times = await Promise.all(names.map(name => stat(join(folder, name)).then(s => s.mtimeMs)))
  const began = parts ? Date.parse(`${parts[1]}T${parts[2]}:${parts[3]}:${parts[4]}Z`) : Math.min(...times)
  return { began, ended: Math.round(Math.max(began, ...times)) }
}

/** Which engine a headless run was made with, as its checkpoint says. */
async function engineOf(
  folder: string,
  checkpoints: ReadonlyMap<string, readonly number[]>,
): Promise<EngineName> {
  for (const [train, steps] of checkpoints) {
    const path = join(folder, 'checkpoints', train, `step-${steps.at(-1)}`, 'state.json')
    const state = (await readJsonIfThere(path)) as
      | { readonly key?: { readonly engine?: unknown } }
      | undefined
    if (state?.key?.engine) return engineOfFingerprint(String(state.key.engine))
  }
  return 'xla'
}
