import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io } from '../io.ts'
import { diagnosticLines } from '../render/diagnostics.ts'

export interface PrintFlags {
  readonly ir?: boolean
  readonly stablehlo?: boolean
  readonly jax?: boolean
  readonly node?: string
}

/** Prints the programs that a graph compiles to, without compiling them. */
export async function printCommand(file: string, flags: PrintFlags, io: Io): Promise<number> {
  const graph = await readGraph(file)
  return withEngine(async engine => {
    const form = flags.stablehlo ? 'stablehlo' : flags.jax ? 'jax' : 'ir'
    const result = await engine.request({ type: 'print', graph, form, node: flags.node }).result
    if (result.type === 'printed') {
      io.out.sink.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`)
      return EXIT.ok
    }
    if (result.type !== 'failed') throw new CliError(`the engine answered a print with "${result.type}"`)
    for (const line of diagnosticLines(result.diagnostics, file, graph.text, io.err.style)) io.err.line(line)
    throw new CliError(`${file}: ${result.message}`)
  })
}
