import { join } from 'node:path'
import type { Event } from '../protocol/messages.ts'
import type { EventSource, RunLog } from './run-log.ts'
import { checkpointsOf, metricsOf, stepsOf, trainOf } from './run-synthesis.ts'

const CHUNK = 500

/**
 * Adds to a run's log what its engine had on the disk and did not tell: the steps and checkpoints before it was
 * killed, or after its host was, so that a run that goes on from such a checkpoint has no gap; and the steps that
 * a stage from the cache was trained with.
 */
export async function catchUp(
  folder: string,
  log: RunLog,
  which: 'all' | 'stages from the cache' = 'all',
): Promise<void> {
  await log.flush()
  const checkpoints = await checkpointsOf(folder)
  for (const { node, name, path } of await metricsOf(folder)) {
    const told = await lastTold(log, node)
    // A stage that trained in this run has told everything by its end; its metrics may be long.
    if (which !== 'all' && told.began) continue
    const missing: { readonly at: number; readonly event: Event }[] = []
    const steps = await stepsOf(path, node)
    for (const event of steps) if (event.step > told.step) missing.push({ at: event.step, event })
    if (!told.began && missing.length > 0) missing.push({ at: -1, event: trainOf(node, steps) })
    for (const step of checkpoints.get(name) ?? []) {
      if (step <= told.checkpoint || step <= told.step) continue
      const path = join(folder, 'checkpoints', name, `step-${step}`)
      // A checkpoint's number is that of the step that comes after it.
      missing.push({ at: step - 0.5, event: { type: 'checkpoint', node, step, path } })
    }
    missing.sort((a, b) => a.at - b.at)
    log.append(missing.map(({ event }) => event))
  }
  await log.flush()
}

/** The last step and checkpoint of a Train in a log, looked for from its end. */
async function lastTold(
  log: EventSource,
  node: string,
): Promise<{ readonly step: number; readonly checkpoint: number; readonly began: boolean }> {
  let checkpoint = -1
  for (let end = log.length; end > 0; end -= CHUNK) {
    const from = Math.max(0, end - CHUNK)
    const events = await log.read(from, end - from)
    for (const event of events.toReversed()) {
      if (!('node' in event) || event.node !== node) continue
      if (event.type === 'checkpoint') checkpoint = Math.max(checkpoint, event.step)
      else if (event.type === 'step') return { step: event.step, checkpoint, began: true }
      // What came after it on the way that was left counts no more.
      else if (event.type === 'edited') return { step: event.step - 1, checkpoint, began: true }
      else if (event.type === 'train') return { step: event.firstStep - 1, checkpoint, began: true }
    }
  }
  return { step: -1, checkpoint, began: false }
}
