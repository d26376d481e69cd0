import { resolve } from 'node:path'
import type { Report, Verdict } from '../../graph/host.ts'
import type { EngineProcess } from '../../host/engine-process.ts'
import { show } from '../../nodes/evaluation/judge.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import { armSeconds, type ClaimGraph, chosen, claimGraphs } from '../claims/graphs.ts'
import { barsOf, poolBar } from '../claims/pool.ts'
import { type BarResult, type GraphResult, readResults, writeResults } from '../claims/results.ts'
import { rewriteTable } from '../claims/table.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io, Output } from '../io.ts'
import { duration } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'
import { runArm } from '../sweep/arms.ts'

export interface VerifyGraphsFlags {
  readonly graphs: string
  readonly seeds: readonly number[]
  readonly engine: EngineName
  readonly out?: string
  readonly fresh?: boolean
  readonly json?: boolean
  /** Whether results are kept and the table is written. */
  readonly table: boolean
}

/** An arm should not take longer than this, in seconds, so that all of them can be verified in one go. */
const ARM_LIMIT = 90

/**
 * Runs the graphs that hold bars under several seeds and judges each bar on all seeds together. Trains and reports that
 * were made before come from the cache, and what a graph came to is kept as soon as it is known: started again after
 * being stopped, it goes on where it was.
 */
export async function verifyGraphsCommand(
  names: readonly string[],
  flags: VerifyGraphsFlags,
  io: Io,
): Promise<number> {
  const all = await claimGraphs(flags.graphs)
  const graphs = chosen(all, names)
  if (graphs.length === 0) throw new CliError(`no graph in ${flags.graphs} holds a bar.`, EXIT.usage)
  const human = flags.json ? io.err : io.out
  const began = Date.now()
  const known = new Set(all.map(g => g.name))
  let results = Object.fromEntries(
    Object.entries(await readResults(flags.graphs)).filter(([name]) => known.has(name)),
  )
  if (flags.table) await rewriteTable(flags.graphs, all, results)
  const counts = { green: 0, red: 0, failed: 0 }
  for (const graph of graphs) {
    const result = await withEngine(engine => verifyGraph(engine, graph, flags, io)).catch(
      (e: Error): GraphResult => resultOf(graph, flags.seeds, { failure: e.message }),
    )
    if (typeof result === 'number') return result
    tell(graph, result, human)
    if (flags.json) io.out.line(jsonLine({ type: 'verified', name: graph.name, ...result }))
    for (const bar of Object.values(result.bars)) counts[bar.met ? 'green' : 'red']++
    if (result.failure !== undefined) counts.failed++
    if (!flags.table) continue
    results = { ...results, [graph.name]: result }
    await writeResults(flags.graphs, results)
    await rewriteTable(flags.graphs, all, results)
  }
  const failed = counts.failed > 0 ? `, ${counts.failed} failed` : ''
  human.line(`${counts.green} green, ${counts.red} red${failed}.`)
  human.line(`Done in ${duration((Date.now() - began) / 1000)}.`)
  return counts.red + counts.failed > 0 ? EXIT.failed : EXIT.ok
}

const resultOf = (
  { document, hash }: ClaimGraph,
  seeds: readonly number[],
  more: Partial<GraphResult>,
): GraphResult => ({
  title: document.meta.title,
  graph: hash,
  seeds: [...seeds],
  seconds: {},
  bars: {},
  ...more,
})

type BarReport = Report & { readonly verdict: Verdict }

async function verifyGraph(
  engine: EngineProcess,
  graph: ClaimGraph,
  flags: VerifyGraphsFlags,
  io: Io,
): Promise<GraphResult> {
  const reports = new Map<string, BarReport[]>()
  const seconds: Record<string, (number | null)[]> = {}
  for (const [i, seed] of flags.seeds.entries()) {
    io.err.line(io.err.style.dim(`${graph.name}, seed ${seed}`))
    const source = await readGraph(graph.file, { seed })
    const trained = new Map<string, number | undefined>()
    const options = {
      engine: flags.engine,
      fresh: flags.fresh ?? false,
      out: flags.out && resolve(flags.out),
    }
    const arm = await runArm(engine, source, options, io, event => {
      if (event.type !== 'node' || event.state === 'running') return
      if (event.seconds !== undefined || graph.document.nodes[event.node]?.type === 'train')
        trained.set(event.node, event.seconds)
    })
    if (arm.error !== undefined)
      return resultOf(graph, flags.seeds, { seconds, failure: `seed ${seed}: ${arm.error}` })
    for (const [id, took] of Object.entries(armSeconds(graph.document, trained)))
      seconds[id] = [...(seconds[id] ?? Array(i).fill(null)), took ?? null]
    for (const [id, report] of barsOf(arm.reports)) reports.set(id, [...(reports.get(id) ?? []), report])
  }
  const bars = [...reports].map(([id, made]) => {
    const [first, ...others] = made
    return [id, poolBar(graph.document.nodes[id], [first!, ...others])] as const
  })
  return resultOf(graph, flags.seeds, { seconds, bars: Object.fromEntries(bars) })
}

function tell(graph: ClaimGraph, result: GraphResult, human: Output): void {
  const { style } = human
  const arms = Object.entries(result.seconds).map(([id, took]) => [id, longest(took)] as const)
  for (const [id, bar] of Object.entries(result.bars))
    human.line(
      `${bar.met ? style.green('green') : style.red('red')}  ${graph.name} ${id}: ${words(bar, result, arms)}`,
    )
  if (result.failure !== undefined) human.line(`${style.red('failed')}  ${graph.name}: ${result.failure}`)
  for (const [id, took] of arms)
    if (took !== undefined && took > ARM_LIMIT)
      human.line(
        `  ${style.yellow('!')} the arm "${id}" took ${duration(took)}, more than ${ARM_LIMIT} s: make it shorter.`,
      )
}

const longest = (seconds: readonly (number | null)[]): number | undefined => {
  const known = seconds.filter(s => s !== null)
  return known.length > 0 ? Math.max(...known) : undefined
}

function words(
  { claim, sentence, bySeed, chance }: BarResult,
  { seeds }: GraphResult,
  arms: readonly (readonly [string, number | undefined])[],
): string {
  const took = arms.map(([id, s]) => `${id} ${s === undefined ? 'not known' : duration(s)}`).join(', ')
  const facts = [
    `seeds ${seeds.map((seed, i) => `${seed}: ${bySeed[i] === undefined ? '–' : show(bySeed[i])}`).join(', ')}`,
    ...(chance === undefined ? [] : [`chance ${show(chance)}`]),
    ...(took ? [`arms ${took}`] : []),
  ]
  return `${claim ? `${claim.replace(/\.$/, '')}. ` : ''}${sentence} (${facts.join('; ')})`
}
