import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { checkpointOf } from '../host/fork.ts'
import { checkpointsOf } from '../host/run-synthesis.ts'
import { CliError } from './exit.ts'

/**
 * The committed checkpoint that `--fork` names: `run@step`, a run whose newest is meant, or the folder of one. A run is
 * named by its folder, or by that folder's name among the runs of the graph.
 */
export async function forkPoint(given: string, graph: string, out: string | undefined): Promise<string> {
  const [, name, number] = /^(.*?)(?:@(\d+))?$/s.exec(given) as unknown as [
    string,
    string,
    string | undefined,
  ]
  if (number === undefined && /^step-\d+$/.test(basename(resolve(name)))) return resolve(name)
  const beside = join(out ?? join(dirname(graph), '.diptych'), 'runs', name)
  const folder = resolve(existsSync(name) ? name : beside)
  if (!existsSync(join(folder, 'graph.json')))
    throw new CliError(`--fork ${given}: there is no run ${folder}.`)
  const all = [...(await checkpointsOf(folder))].flatMap(([train, steps]) =>
    steps.map(step => ({ folder, train, step })),
  )
  const newest = Math.max(...all.map(({ step }) => step))
  const step = number === undefined ? newest : Number(number)
  const found = all.filter(place => place.step === step)
  if (found.length === 1) return checkpointOf(found[0]!)
  const list = all.map(place => `${place.step} of ${place.train}`).join(', ') || 'none'
  throw new CliError(
    found.length > 1
      ? `--fork ${given}: several Trains have a checkpoint of step ${step}: name its folder, such as ${checkpointOf(found[0]!)}.`
      : `--fork ${given}: that run has no checkpoint of step ${number ?? '0 or later'}; it has: ${list}.`,
  )
}
