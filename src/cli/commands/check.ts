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
  /** Looks at data outside the graph's folder, too. */
  readonly outside?: boolean
}

/** Prints the diagnostics of graph files; resolves to 1 where there are errors. */
export async function checkCommand(files: readonly string[], flags: CheckFlags, io: Io): Promise<number> {
  const graphs = await Promise.all(
    files.map(file =>
      readGraph(file).then(
        graph => ({ file, graph }),
        (e: unknown) => {
          if (!(e instanceof CliError)) throw e
          return { file, unreadable: e.message }
        },
      ),
    ),
  )
  return withEngine(async engine => {
    let all: Diagnostic[] = []
    let unreadable = 0
    for (const read of graphs) {
      if ('unreadable' in read) {
        unreadable++
        if (flags.json) io.out.line(jsonLine({ type: 'error', file: read.file, message: read.unreadable }))
        io.err.line(`${io.err.style.red('error:')} ${read.unreadable}`)
        continue
      }
      const { file, graph } = read
      const result = await engine.request({ type: 'check', graph, ...(!flags.outside && { places: [] }) })
        .result
      if (result.type === 'failed' && result.diagnostics.length === 0)
        throw new CliError(`${file}: ${result.message}`)
      const diagnostics = 'diagnostics' in result ? result.diagnostics : []
      all = [...all, ...diagnostics]
      if (flags.json) {
        const ok = !diagnostics.some(d => d.severity === 'error')
        io.out.line(jsonLine({ type: 'checked', file, ok, diagnostics: locate(diagnostics, graph.text) }))
      } else
        for (const line of diagnosticLines(diagnostics, file, graph.text, io.out.style)) io.out.line(line)
    }
    if (!flags.json) io.out.line(`${tally(all, unreadable)} in ${plural(files.length, 'file')}`)
    return unreadable > 0 || all.some(d => d.severity === 'error') ? EXIT.failed : EXIT.ok
  })
}
