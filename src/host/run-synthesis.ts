import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { GraphDocument } from '../graph/document.ts'
import type { Report } from '../graph/host.ts'
import { lossNames } from '../protocol/losses.ts'
import type { Event, StepEvent } from '../protocol/messages.ts'
import type { RunFork } from '../protocol/workbench.ts'
import { readJsonIfThere } from './disk.ts'
import { readFork } from './fork.ts'

/** Checkpoints of a run: by Train, the steps, ascending. */
export async function checkpointsOf(folder: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>()
  const root = join(folder, 'checkpoints')
  for (const train of await names(root)) {
    const steps = (await names(join(root, train))).flatMap(name => /^step-(\d+)$/.exec(name)?.[1] ?? [])
    if (steps.length > 0)
      found.set(
        train,
        steps.map(Number).sort((a, b) => a - b),
      )
  }
  return found
}

export async function reportsOf(folder: string): Promise<Readonly<Record<string, Report>>> {
  const reports: Record<string, Report> = {}
  for (const name of await names(join(folder, 'reports'))) {
    if (!name.endsWith('.json')) continue
    const report = await readJsonIfThere(join(folder, 'reports', name))
    if (report && typeof report === 'object') reports[idOf(name.slice(0, -5))] = report as Report
  }
  return reports
}

/** The events of a run that was made headless, from what it has left in its folder. */
export async function synthesizeEvents(
  folder: string,
  graph: GraphDocument | undefined,
): Promise<readonly Event[]> {
  const events: Event[] = [{ type: 'run', folder }]
  const checkpoints = await checkpointsOf(folder)
  const fork = await readFork(folder)
  for (const { node, name, path } of await metricsOf(folder)) {
    const steps = await stepsOf(path, node)
    const total = graph?.nodes[node]?.params.steps
    events.push({ type: 'node', node, state: 'running' })
    events.push(...toldOf(node, steps, typeof total === 'number' ? total : undefined, fork))
    for (const step of checkpoints.get(name) ?? [])
      events.push({ type: 'checkpoint', node, step, path: join(folder, 'checkpoints', name, `step-${step}`) })
    if (steps.length > 0 && steps.at(-1)!.step + 1 === total)
      events.push({ type: 'node', node, state: 'done' })
  }
  for (const [node, report] of Object.entries(await reportsOf(folder)))
    events.push({ type: 'report', node, report }, { type: 'node', node, state: 'done' })
  return events
}

/** How a Train began and the steps that it took, those of the run that it was forked from apart. */
function toldOf(
  node: string,
  steps: readonly StepEvent[],
  total: number | undefined,
  fork: RunFork | undefined,
): readonly Event[] {
  if (fork?.train !== node) return [trainOf(node, steps, total), ...steps]
  const { folder: run, step } = fork
  const own = steps.filter(event => event.step >= step)
  return [
    { ...trainOf(node, own, total ?? steps.length), firstStep: step, fork: { run, step } },
    { type: 'inherited', node, steps: steps.filter(event => event.step < step) },
    ...own,
  ]
}

/** How a Train began, as far as its metrics tell. */
export const trainOf = (
  node: string,
  steps: readonly StepEvent[],
  total = steps.length,
): Extract<Event, { type: 'train' }> => ({
  ...{ type: 'train', node, steps: total, firstStep: steps[0]?.step ?? 0 },
  ...{ parameters: 0, compileSeconds: 0, fromCache: false },
})

/** The metrics files of a run: of which Train, and how its folder of checkpoints is named. */
export async function metricsOf(
  folder: string,
): Promise<readonly { readonly node: string; readonly name: string; readonly path: string }[]> {
  const trains = (await names(folder)).flatMap(name => /^metrics\.(.+)\.jsonl$/.exec(name)?.[1] ?? [])
  return trains.map(name => ({ node: idOf(name), name, path: join(folder, `metrics.${name}.jsonl`) }))
}

/** Room for a step's metrics, of very many objectives too. */
const TAIL = 16_384

/** The last loss in the metrics that were written last; undefined where there are none. */
export async function lastLoss(folder: string): Promise<number | null | undefined> {
  const files = await Promise.all(
    (await metricsOf(folder)).map(async ({ path }) => ({ path, at: (await stat(path)).mtimeMs })),
  )
  const newest = files.sort((a, b) => b.at - a.at)[0]
  if (!newest) return undefined
  const lines = (await readEnd(newest.path, TAIL)).split('\n')
  for (const line of lines.toReversed()) {
    try {
      const metrics = JSON.parse(line) as Readonly<Record<string, number | null>>
      const [name] = lossNames(Object.keys(metrics))
      if (name !== undefined) return metrics[name] ?? null
    } catch {
      // An empty, a torn or the cut first line.
    }
  }
  return undefined
}

async function readEnd(path: string, most: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(size, most))
    await file.read(buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8')
  } finally {
    await file.close()
  }
}

/** Where a node is in a subgraph, file names have a dot for its id's slash. */
const idOf = (name: string): string => name.replaceAll('.', '/')

/** The steps of a metrics file. */
export async function stepsOf(path: string, node: string): Promise<StepEvent[]> {
  const steps: StepEvent[] = []
  for (const line of (await readFile(path, 'utf8').catch(() => '')).split('\n')) {
    try {
      const step = JSON.parse(line) as StepEvent
      if (step && typeof step.step === 'number') steps.push({ ...step, type: 'step', node })
    } catch {
      // An empty or a torn last line.
    }
  }
  return steps
}

const names = (folder: string): Promise<string[]> =>
  readdir(folder).then(
    found => found.filter(name => !name.startsWith('.')).sort(),
    () => [],
  )
