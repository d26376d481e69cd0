import type { Diagnostic } from '../../graph/diagnostic.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io } from '../io.ts'
import { diagnosticLines, locate, tally } from '../render/diagnostics.ts'
import { plural } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'

export interface CheckFlags {
  readonly json?: boolean
}

/** Prints the diagnostics of graph files; resolves to 1 where there are errors. */
export async function checkCommand(files: readonly string[], flags: CheckFlags, io: Io): Promise<number> {
  const graphs = await Promise.all(files.map(async file => ({ file, graph: await readGraph(file) })))
  return withEngine(async engine => {
    const all: Diagnostic[] = []
    for (const { file, graph } of graphs) {
      const result = await engine.request({ type: 'check', graph }).result
      if (result.type === 'failed' && result.diagnostics.length === 0)
        throw new CliError(`${file}: ${result.message}`)
      const diagnostics = 'diagnostics' in result ? result.diagnostics : []
      all.push(...diagnostics)
      if (flags.json) {
        const ok = !diagnostics.some(d => d.severity === 'error')
        io.out.line(jsonLine({ type: 'checked', file, ok, diagnostics: locate(diagnostics, graph.text) }))
      } else
        for (const line of diagnosticLines(diagnostics, file, graph.text, io.out.style)) io.out.line(line)
    }
    if (!flags.json) io.out.line(`${tally(all)} in ${plural(files.length, 'file')}`)
    return all.some(d => d.severity === 'error') ? EXIT.failed : EXIT.ok
  })
}
