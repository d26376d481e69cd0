import { resolve } from 'node:path'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { Result } from '../../protocol/messages.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io } from '../io.ts'
import { diagnosticLines } from '../render/diagnostics.ts'
import { jsonLine } from '../render/json.ts'
import { memoryLines, planLines } from '../render/plan.ts'

export interface PlanFlags {
  readonly set: readonly string[]
  readonly out?: string
  readonly seed?: number
  readonly engine: EngineName
  readonly platform?: 'cpu' | 'cuda'
  readonly devices?: number
  readonly fresh?: boolean
  readonly memory?: boolean
  readonly json?: boolean
}

/** Says what a run of a graph would do with each node, and why; and what memory the steps of its Trains need. */
export async function planCommand(file: string, flags: PlanFlags, io: Io): Promise<number> {
  const graph = await readGraph(file, flags)
  const { engine, platform, devices, fresh = false, out } = flags
  const options = { engine, platform, devices, fresh, out: out && resolve(out) }
  return withEngine(async process => {
    const result = await process.request({ type: 'plan', graph, options }).result
    if (result.type !== 'planned') throw failure(result)
    if (flags.json) io.out.line(jsonLine(result))
    else for (const line of planLines(result.nodes, io.out.style)) io.out.line(line)
    if (!flags.memory) return EXIT.ok
    const measured = await process.request({ type: 'measure', graph, options: { engine, platform, devices } })
      .result
    if (measured.type !== 'measured') throw failure(measured)
    if (flags.json) io.out.line(jsonLine(measured))
    else for (const line of memoryLines(measured.trains, io.out.style)) io.out.line(line)
    return EXIT.ok
  })

  function failure(result: Result): CliError {
    if (result.type !== 'failed') return new CliError(`the engine answered a plan with "${result.type}"`)
    for (const line of diagnosticLines(result.diagnostics, file, graph.text, io.err.style)) io.err.line(line)
    const node = result.node === undefined ? '' : `node "${result.node}": `
    return new CliError(`${file}: ${node}${result.message}`)
  }
}
