import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { BundleError, readBundle } from '../../host/bundle.ts'
import type { BundleStage } from '../../host/bundle-format.ts'
import { readJsonIfThere } from '../../host/disk.ts'
import type { EngineProcess } from '../../host/engine-process.ts'
import { compareSteps, type Verdict } from '../../host/verify.ts'
import { type EngineName, engineOfFingerprint } from '../../protocol/engine-name.ts'
import type { Event, GraphSource, StepEvent } from '../../protocol/messages.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { plural } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'

export interface VerifyFlags {
  readonly engine?: EngineName
  readonly json?: boolean
}

interface Replay {
  readonly steps: readonly StepEvent[]
  /** What the replayed Train depends on, part by part. */
  readonly key: BundleStage['key'] | undefined
}

/**
 * Replays the first steps of a bundle's first Train and says whether they are the author's. Later Trains start
 * from the end of the first, so they are not replayed.
 */
export async function verifyCommand(file: string, flags: VerifyFlags, io: Io): Promise<number> {
  const bundle = await readBundle(file).catch(e => {
    throw e instanceof BundleError ? new CliError(e.message) : e
  })
  const [[train, stage] = [], ...later] = Object.entries(bundle.stages)
  if (train === undefined || !stage?.first.length)
    throw new CliError(
      `${file} holds no first steps to compare with: its run trained nothing, or not from the start by this graph alone.`,
    )
  const graph: GraphSource = { text: bundle.text, file: resolve(file), overrides: [] }
  const theirs = String(stage.key.engine)
  const engine = flags.engine ?? engineOfFingerprint(theirs)
  return withEngine(async process => {
    const { steps, key } = await replay(process, graph, engine, train, stage.first.length)
    const sameEngine = key?.engine === theirs
    const verdict = compareSteps(stage.first, steps, sameEngine)
    const changed = key ? Object.keys(key).filter(part => key[part] !== stage.key[part]) : []
    if (flags.json) io.out.line(jsonLine({ type: 'verified', file, train, ...verdict, changed }))
    else for (const line of words(train, verdict, changed)) io.out.line(line)
    if (later.length && !flags.json)
      io.out.line(`Not replayed: ${later.map(([id]) => `"${id}"`).join(', ')}, which start from its end.`)
    return verdict.verdict === 'match' || verdict.verdict === 'close' ? EXIT.ok : EXIT.failed
  })
}

/** Trains anew in a folder that is removed afterwards, and ends the run once enough steps are known. */
async function replay(
  process: EngineProcess,
  graph: GraphSource,
  engine: EngineName,
  train: string,
  count: number,
): Promise<Replay> {
  const out = await mkdtemp(join(tmpdir(), 'diptych-verify-'))
  const steps: StepEvent[] = []
  let folder: string | undefined
  try {
    const take = (event: Event): void => {
      if (event.type === 'run') folder = event.folder
      if (event.type !== 'step' || event.node !== train) return
      steps.push(event)
      if (steps.length === count)
        process.request({ type: 'stop', run: request.id, how: 'cancel' }).result.catch(() => {
          // The engine is gone; the run's own request says so.
        })
    }
    const request = process.request({ type: 'run', graph, options: { engine, out, fresh: true } }, take)
    const result = await request.result
    if (result.type === 'failed') {
      const why = result.diagnostics.find(d => d.severity === 'error')?.message
      throw new CliError(`The replay failed: ${result.message}${why ? `: ${why}` : ''}`)
    }
    const keys = folder && (await readJsonIfThere(join(folder, 'keys.json')))
    const nodes = (keys as { readonly nodes?: Readonly<Record<string, Replay['key']>> } | undefined)?.nodes
    return { steps, key: nodes?.[train] }
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

const PARTS: Readonly<Record<string, string>> = {
  program: 'the model',
  data: 'the data',
  start: 'the starting weights',
  engine: 'the engine',
}

function words(train: string, verdict: Verdict, changed: readonly string[]): string[] {
  const differ = changed.map(part => PARTS[part] ?? part).join(', ')
  switch (verdict.verdict) {
    case 'match':
      return [
        `match: the first ${plural(verdict.steps, 'step')} of "${train}" are the author's, to the last bit`,
      ]
    case 'close':
      return [
        `close: the first ${plural(verdict.steps, 'step')} of "${train}" agree with the author's to 4 digits`,
        'Not to the last bit: they were made with another engine or machine.',
      ]
    case 'mismatch':
      return [
        `mismatch: at step ${verdict.step} of "${train}" the loss is ${verdict.here}, the author's was ${verdict.theirs}`,
        ...(differ ? [`What differs: ${differ}.`] : []),
      ]
    case 'short':
      return [`mismatch: "${train}" ended after ${plural(verdict.steps, 'step')} here; the author's went on`]
  }
}
