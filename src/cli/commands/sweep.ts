import { randomBytes } from 'node:crypto'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { EngineProcess } from '../../host/engine-process.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { GraphSource } from '../../protocol/messages.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io } from '../io.ts'
import { duration } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'
import { shortPath } from '../resume-command.ts'
import { type ArmOutcome, checkArm, runArm } from '../sweep/arms.ts'
import { parseAxis, parseDraw, pointsOf, type Space, showPoint } from '../sweep/space.ts'
import { type PointResult, type Scores, sweepTable } from '../sweep/table.ts'

export interface SweepFlags {
  readonly grid: readonly string[]
  readonly zip?: boolean
  readonly random: readonly string[]
  readonly trials?: number
  readonly seeds?: readonly number[]
  readonly set: readonly string[]
  readonly metric: readonly string[]
  readonly engine: EngineName
  readonly out?: string
  readonly fresh?: boolean
  readonly json?: boolean
}

/** One arm as `sweep.jsonl` keeps it. */
interface ArmLine {
  readonly type: 'arm'
  readonly set: Readonly<Record<string, unknown>>
  readonly seed: number | undefined
  readonly scores?: Scores
  readonly run?: string
  readonly error?: string
}

/**
 * Runs a graph once for each point of a grid or random search and each seed, one after the other in one engine. Stages
 * that arms have in common, and arms that ran before, come from the cache: a sweep that was stopped goes on where it
 * was when it is started again.
 */
export async function sweepCommand(file: string, flags: SweepFlags, io: Io): Promise<number> {
  const space = spaceOf(flags)
  const graph = await readGraph(file, flags)
  const points = pointsOf(space)
  const seeds = space.seeds.length > 0 ? space.seeds : [undefined]
  const human = flags.json ? io.err : io.out
  const options = {
    engine: flags.engine,
    fresh: flags.fresh ?? false,
    out: flags.out && resolve(flags.out),
  }
  const folder = join(
    resolve(flags.out ?? join(dirname(resolve(file)), '.diptych')),
    'sweeps',
    `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}-${randomBytes(3).toString('hex')}`,
  )
  return withEngine(async engine => {
    await checkAll(engine, graph, points, seeds)
    await mkdir(folder, { recursive: true })
    const log = join(folder, 'sweep.jsonl')
    const began = Date.now()
    const results: PointResult[] = []
    const count = points.length * seeds.length
    for (const [i, point] of points.entries()) {
      const arms: ArmLine[] = []
      for (const [k, seed] of seeds.entries()) {
        const at = i * seeds.length + k + 1
        const name = [showPoint(point), ...(seed === undefined ? [] : [`seed ${seed}`])]
          .filter(Boolean)
          .join(', ')
        human.line(human.style.dim(`arm ${at} of ${count}: ${name || 'as it is'}`))
        const source = { ...graph, overrides: [...graph.overrides, ...point], seed }
        const arm = scoredOf(await runArm(engine, source, options, io))
        const line: ArmLine = {
          type: 'arm',
          set: Object.fromEntries(point.map(o => [`${o.node}.${o.param}`, o.value])),
          seed,
          ...arm,
        }
        await appendFile(log, `${JSON.stringify(line)}\n`)
        if (flags.json) io.out.line(jsonLine(line))
        if (arm.error !== undefined) human.line(`${human.style.red('failed:')} ${arm.error}`)
        arms.push(line)
      }
      results.push({
        point,
        scores: arms.flatMap(a => (a.scores ? [a.scores] : [])),
        failures: arms.flatMap(a => (a.error === undefined ? [] : [a.error])),
      })
    }
    human.line()
    for (const line of sweepTable(results, flags.metric)) human.line(line)
    if (seeds.length > 1) human.line(`Mean ± standard deviation over ${seeds.length} seeds.`)
    human.line()
    human.line(`Sweep: ${shortPath(log)}`)
    human.line(`Done in ${duration((Date.now() - began) / 1000)}.`)
    return results.some(r => r.failures.length > 0) ? EXIT.failed : EXIT.ok
  })
}

function spaceOf({ grid, zip = false, random, trials, seeds = [] }: SweepFlags): Space {
  const axes = grid.map(parseAxis)
  const draws = random.map(parseDraw)
  if (axes.length === 0 && draws.length === 0 && seeds.length === 0)
    throw new CliError('there is nothing to sweep: give --grid, --random or --seeds.', EXIT.usage)
  if (trials !== undefined && draws.length === 0)
    throw new CliError('--trials says how often to draw, but nothing is drawn: give --random.', EXIT.usage)
  if (zip && axes.length < 2)
    throw new CliError('--zip is for two --grid or more, which then step together.', EXIT.usage)
  const swept = [...axes, ...draws].map(a => `${a.node}.${a.param}`)
  const twice = swept.find((name, i) => swept.indexOf(name) !== i)
  if (twice !== undefined) throw new CliError(`"${twice}" is swept twice.`, EXIT.usage)
  return { axes, zip, draws, seeds, trials: draws.length === 0 ? 1 : (trials ?? 8) }
}

async function checkAll(
  engine: EngineProcess,
  graph: GraphSource,
  points: readonly GraphSource['overrides'][],
  seeds: readonly (number | undefined)[],
): Promise<void> {
  for (const point of points) {
    const source = { ...graph, overrides: [...graph.overrides, ...point], seed: seeds[0] }
    await checkArm(engine, source, `with ${showPoint(point) || 'the graph as it is'}`)
  }
}

/** What the log keeps of an arm: scores instead of whole reports. */
function scoredOf(outcome: ArmOutcome): Pick<ArmLine, 'scores' | 'run' | 'error'> {
  if (outcome.error !== undefined) return { error: outcome.error }
  const scores = Object.entries(outcome.reports).flatMap(([node, report]) =>
    Object.entries(report.metrics).map(([metric, value]) => [`${node}.${metric}`, value] as const),
  )
  return { scores: Object.fromEntries(scores), run: outcome.run }
}
