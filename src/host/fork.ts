import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Event } from '../protocol/messages.ts'
import type { RunFork } from '../protocol/workbench.ts'
import { readJsonIfThere } from './disk.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import { Fault } from './fault.ts'
import type { QueuedRun } from './queued-run.ts'

/** How long a held run may take to commit the checkpoint of where it stands. */
const COMMIT_MS = 120_000

const forkFile = z.object({
  format: z.literal('diptych-fork'),
  version: z.literal(1),
  run: z.string(),
  train: z.string(),
  step: z.int().min(0),
})

/** Where the run in a folder was forked from; undefined where it was not. */
export async function readFork(folder: string): Promise<RunFork | undefined> {
  const { data } = forkFile.safeParse(await readJsonIfThere(join(folder, 'fork.json')).catch(() => undefined))
  return data && { folder: resolve(folder, data.run), train: data.train, step: data.step }
}

/** The committed checkpoint that a fork begins with. */
export const checkpointOf = ({ folder, train, step }: RunFork): string =>
  join(folder, 'checkpoints', train.replaceAll('/', '.'), `step-${step}`)

/**
 * Makes sure that there is a checkpoint to fork from: one that was committed, or that of the step at which a run is
 * held, which then commits it. `held`: the run, where it is under way.
 */
export async function secureCheckpoint(
  fork: RunFork,
  held: QueuedRun | undefined,
  engine: Pick<EngineSupervisor, 'tell'>,
): Promise<void> {
  if (await stat(checkpointOf(fork)).catch(() => undefined)) return
  const missing = `There is no checkpoint of "${fork.train}" after ${fork.step} steps.`
  if (!held?.request || held.state !== 'paused')
    throw new Fault(
      'not-found',
      `${missing} Hold the run at that step, or fork it at one of its checkpoints.`,
    )
  await held.log.flush()
  const from = held.log.length
  engine.tell({ type: 'control', run: held.request.id, action: 'commit' })
  const { step } = await nextCheckpoint(held, fork.train, from)
  if (step !== fork.step) throw new Fault('bad-request', `${missing} The run has been taken on to ${step}.`)
}

/** The next checkpoint of a Train that a run tells of, after its event `from`. */
function nextCheckpoint(
  { log }: QueuedRun,
  train: string,
  from: number,
): Promise<Extract<Event, { type: 'checkpoint' }>> {
  let seen = from
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      stop()
    }
    const timer = setTimeout(() => {
      end()
      reject(new Fault('engine', 'The run has not committed a checkpoint in time.'))
    }, COMMIT_MS)
    const look = async () => {
      const events = await log.read(seen, log.length - seen)
      seen += events.length
      const found = events.find(event => event.type === 'checkpoint' && event.node === train)
      if (found?.type !== 'checkpoint') return
      end()
      resolve(found)
    }
    const stop = log.watch(() => void look().catch(reject))
  })
}
