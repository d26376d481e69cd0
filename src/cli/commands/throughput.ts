import type { EngineProcess } from '../../host/engine-process.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { TimedTrain } from '../../protocol/messages.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io } from '../io.ts'
import { diagnosticLines } from '../render/diagnostics.ts'
import { jsonLine } from '../render/json.ts'
import { reportLines } from '../render/report.ts'
import { openRunView } from '../render/run-view.ts'

export interface ThroughputFlags {
  readonly rounds: number
  readonly steps: number
  readonly warmUp: number
  readonly engine: EngineName
  readonly platform?: 'cpu' | 'cuda'
  readonly devices?: number
  readonly json?: boolean
}

/** Times one Train of each of two graphs in turn, in one engine; resolves to the exit code. */
export async function throughputCommand(
  files: readonly [a: string, b: string],
  flags: ThroughputFlags,
  io: Io,
): Promise<number> {
  const given = async (text: string): Promise<Given> => {
    const { file, train } = splitTrain(text)
    return { file, train, graph: await readGraph(file) }
  }
  const trains = [await given(files[0]), await given(files[1])] as const
  const { rounds, steps, warmUp, engine: name, platform, devices } = flags
  return withEngine(async engine => {
    const faulty = await checkAll(engine, trains, io)
    if (faulty > 0) return EXIT.failed
    const view = openRunView(io.err, [])
    const ask = {
      type: 'time',
      trains: [trains[0]!, trains[1]!],
      plan: { rounds, steps, warmUp },
      options: { engine: name, platform, devices },
    } as const
    const result = await engine.request(ask, event => view.event(event)).result.finally(() => view.close())
    if (result.type === 'failed')
      throw new CliError(
        result.node === undefined ? result.message : `node "${result.node}": ${result.message}`,
      )
    if (result.type !== 'timed') throw new CliError(`the engine answered a timing with "${result.type}"`)
    const { report } = result
    if (flags.json) io.out.line(jsonLine({ a: files[0], b: files[1], ...report }))
    else {
      const title = `a: ${files[0]}, b: ${files[1]}`
      for (const line of reportLines(title, report, io.out.width, io.out.style)) io.out.line(line)
    }
    return EXIT.ok
  })
}

interface Given extends TimedTrain {
  readonly file: string
}

/** Prints what is wrong with the graphs; resolves to how many can't run. */
async function checkAll(engine: EngineProcess, graphs: readonly Given[], io: Io): Promise<number> {
  let faulty = 0
  for (const { file, graph } of graphs) {
    const checked = await engine.request({ type: 'check', graph }).result
    if (checked.type === 'failed') throw new CliError(`${file}: ${checked.message}`)
    if (checked.type !== 'checked') throw new CliError(`the engine answered a check with "${checked.type}"`)
    const errors = checked.diagnostics.filter(d => d.severity === 'error')
    for (const line of diagnosticLines(errors, file, graph.text, io.err.style)) io.err.line(line)
    if (errors.length > 0) faulty++
  }
  return faulty
}

/** `flip.json:tuning` is the Train "tuning" of flip.json. */
export function splitTrain(given: string): { readonly file: string; readonly train?: string } {
  const [, file, train] = /^(.+\.(?:json|dpt)):([a-z][a-z0-9_/]*)$/.exec(given) ?? []
  return file === undefined ? { file: given } : { file, train }
}
