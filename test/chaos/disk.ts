import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { listCheckpoints, readCheckpoint } from '../../src/engine/checkpoint.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { Event } from '../../src/protocol/messages.ts'

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

/** A graph file, or why it is damaged. */
export async function readGraph(path: string): Promise<GraphDocument> {
  const { document, diagnostics } = parseGraph(await readFile(path, 'utf8'))
  const [fault] = diagnostics
  if (!document || fault) throw new Error(`${path} is damaged: ${fault?.message ?? 'it is no graph'}`)
  return document
}

/** Lines of a file that may have been cut off in its last. */
async function linesOf<T>(path: string): Promise<readonly T[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split('\n')
  const last = lines.pop()!
  return [...lines, ...(isWhole(last) ? [last] : [])].map((line, i) => {
    try {
      return JSON.parse(line) as T
    } catch {
      throw new Error(`${path} is damaged in line ${i + 1}: ${line.slice(0, 80)}`)
    }
  })
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

interface Step {
  readonly step: number
  readonly 'train/loss': number
}

/**
 * What was committed, for good: checkpoints by their path, and what a step came to, which is the same in every run
 * of one training, however often it was interrupted.
 */
export class Disk {
  private readonly checkpoints = new Map<string, { readonly mark: string; readonly hash: string }>()
  private readonly weights = new Map<number, string>()
  private readonly losses = new Map<number, number>()
  private readonly runs: string
  private readonly config: string
  /** Checkpoints, runs and steps that were looked at. */
  readonly seen = { checkpoints: 0, runs: 0, steps: 0 }

  constructor(folder: string, config: string) {
    this.runs = join(folder, '.diptych', 'runs')
    this.config = config
  }

  /** @throws where something is damaged, gone or different from what it was. `again`: reads what is known, too. */
  async check(again = false): Promise<void> {
    const runs = await names(this.runs)
    for (const name of runs) await this.checkRun(join(this.runs, name), again)
    for (const [path] of this.checkpoints)
      await stat(path).catch(() => {
        throw new Error(`the committed checkpoint ${path} is gone`)
      })
    await this.checkConfig()
    Object.assign(this.seen, {
      checkpoints: this.checkpoints.size,
      runs: runs.length,
      steps: this.losses.size,
    })
  }

  private async checkRun(run: string, again: boolean): Promise<void> {
    // A run's folder is made before its graph is in it.
    if ((await names(run)).includes('graph.json')) await readGraph(join(run, 'graph.json'))
    for (const name of ['run.json', 'schemas.json', 'keys.json']) await readWhole(join(run, name))
    for (const name of await names(join(run, 'reports'))) await readWhole(join(run, 'reports', name))
    for (const train of await names(join(run, 'checkpoints')))
      for (const { path } of await listCheckpoints(join(run, 'checkpoints', train)))
        await this.checkCheckpoint(path, again)
    for (const name of await names(run))
      if (/^metrics\..*\.jsonl$/.test(name)) await this.checkMetrics(join(run, name))
    await checkEvents(join(run, 'events.jsonl'))
  }

  private async checkCheckpoint(path: string, again: boolean): Promise<void> {
    const state = join(path, 'state.json')
    const { mtimeMs, size, ino } = await stat(state)
    const mark = `${mtimeMs} ${size} ${ino}`
    const known = this.checkpoints.get(path)
    if (known?.mark === mark && !again) return
    // Reading holds every file against the hash that was written when it was committed.
    const { step } = await readCheckpoint(path)
    const text = await readFile(state, 'utf8')
    const hash = createHash('sha256').update(text).digest('hex')
    if (known && known.hash !== hash) throw new Error(`the committed checkpoint ${path} has become another`)
    this.checkpoints.set(path, { mark, hash })
    const before = this.weights.get(step)
    if (before !== undefined && before !== hash)
      throw new Error(`${path} is not what another run had at step ${step}`)
    this.weights.set(step, hash)
  }

  private async checkMetrics(path: string): Promise<void> {
    const steps = await linesOf<Step>(path)
    for (const [i, { step, 'train/loss': loss }] of steps.entries()) {
      if (step !== i) throw new Error(`${path}: step ${step} stands in line ${i + 1}`)
      const before = this.losses.get(step)
      if (before !== undefined && before !== loss)
        throw new Error(`${path}: the loss of step ${step} is ${loss}, and was ${before} in another run`)
      this.losses.set(step, loss)
    }
  }

  private async checkConfig(): Promise<void> {
    await readWhole(join(this.config, 'settings.json'))
    for (const name of await names(join(this.config, 'queues')))
      if (name.endsWith('.json')) await readWhole(join(this.config, 'queues', name))
    for (const name of await names(join(this.config, 'journals')))
      if (name.endsWith('.jsonl')) await linesOf(join(this.config, 'journals', name))
  }
}

/** Follows the steps that a run has told: each comes after the one before, or after a checkpoint was resumed. */
async function checkEvents(path: string): Promise<void> {
  const next = new Map<string, number>()
  for (const event of await linesOf<Event>(path)) {
    if (event.type === 'train') {
      const taken = next.get(event.node) ?? 0
      if (event.firstStep > taken)
        throw new Error(`${path}: training goes on at step ${event.firstStep}, and ${taken} were told`)
      next.set(event.node, event.firstStep)
    } else if (event.type === 'step') {
      if (event.step !== next.get(event.node))
        throw new Error(`${path}: step ${event.step} comes where ${next.get(event.node)} should`)
      next.set(event.node, event.step + 1)
    }
  }
}

/** A JSON file that is there is whole: it was written under another name first. */
async function readWhole(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text !== undefined && !isWhole(text)) throw new Error(`${path} is damaged: ${text.slice(0, 80)}`)
}
