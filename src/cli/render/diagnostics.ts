import { type Diagnostic, showDiagnostic } from '../../graph/diagnostic.ts'
import { type Parsed, parseGraph } from '../../graph/parse.ts'
import { plural } from './format.ts'
import type { Style } from './style.ts'

/** Fills in the lines that are missing, from the graph's text, and sorts by line. */
export function locate(diagnostics: readonly Diagnostic[], text: string): Diagnostic[] {
  let parsed: Parsed | undefined
  const located = diagnostics.map(d => {
    if (d.line !== undefined || d.node === undefined) return d
    parsed ??= parseGraph(text)
    // A node inside a subgraph (`tower/vision`) stands, in the file, at the subgraph's use.
    const outer = d.node.split('/')[0]!
    const path = d.field ? d.field.split('.') : d.port ? ['in', d.port] : []
    return { ...d, line: parsed.lineOf(outer, ...path) }
  })
  const lineOf = (d: Diagnostic) => d.line ?? Number.POSITIVE_INFINITY
  return located.sort((a, b) => (lineOf(a) === lineOf(b) ? 0 : lineOf(a) - lineOf(b)))
}

/** One line each: `graphs/a.json:12: error DT034 node "loss" port "pairs": …`. */
export function diagnosticLines(
  diagnostics: readonly Diagnostic[],
  file: string,
  text: string,
  style: Style,
): string[] {
  return locate(diagnostics, text).map(d => {
    const paint = d.severity === 'error' ? style.red : style.yellow
    return showDiagnostic(d, file).replace(`${d.severity} ${d.code}`, paint)
  })
}

/** `2 errors, 1 warning`, or `no problems`; `more` errors are not diagnostics. */
export function tally(diagnostics: readonly Diagnostic[], more = 0): string {
  const found = diagnostics.filter(d => d.severity === 'error').length
  const errors = found + more
  const warnings = diagnostics.length - found
  const parts = [
    ...(errors ? [plural(errors, 'error')] : []),
    ...(warnings ? [plural(warnings, 'warning')] : []),
  ]
  return parts.join(', ') || 'no problems'
}
