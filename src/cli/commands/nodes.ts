import { fileURLToPath } from 'node:url'
import { suggest } from '../../graph/diagnostic.ts'
import type { NodeDef } from '../../graph/kit.ts'
import { paramSchema } from '../../graph/param-schema.ts'
import { registry } from '../../nodes/index.ts'
import { examplesIn } from '../examples.ts'
import { CliError, EXIT } from '../exit.ts'
import type { Io, Output } from '../io.ts'
import { nodePage } from '../node-page.ts'
import { jsonLine } from '../render/json.ts'
import { plainMarkdown } from '../render/markdown.ts'
import { type Align, table } from '../render/table.ts'
import { displayWidth, truncate, wrap } from '../render/text.ts'

/** Lines longer than this read badly, however wide the terminal. */
const TEXT_WIDTH = 100

export interface NodesFlags {
  readonly json?: boolean
}

/** Lists the node types, or shows one. */
export async function nodesCommand(type: string | undefined, flags: NodesFlags, io: Io): Promise<number> {
  if (type === undefined) {
    if (flags.json) io.out.line(jsonLine([...registry.values()].map(summary)))
    else listNodes(io.out)
    return EXIT.ok
  }
  const def = registry.get(type)
  if (!def)
    throw new CliError(`there is no node type "${type}". ${suggest(type, [...registry.keys()])}`, EXIT.usage)
  if (flags.json) io.out.line(jsonLine({ ...summary(def), ...details(def) }))
  else showNode(def, io.out)
  return EXIT.ok
}

/** The project's graphs, beside its built code. */
const GRAPHS = fileURLToPath(new URL('../graphs', import.meta.url))

const usedIn = ({ type }: NodeDef): string[] =>
  examplesIn(GRAPHS).flatMap(({ file, types }) => (types.has(type) ? [`graphs/${file}`] : []))

const summary = ({ type, version, title, category }: NodeDef) => ({ type, version, title, category })

function details(def: NodeDef) {
  const { inputs, outputs } = nodePage(def)
  return { doc: def.doc, params: paramSchema(def), inputs, outputs, usedIn: usedIn(def) }
}

function listNodes(out: Output): void {
  const categories = [...new Set([...registry.values()].map(def => def.category))]
  const width = Math.max(...[...registry.keys()].map(displayWidth))
  for (const category of categories) {
    out.line(out.style.bold(category))
    for (const def of registry.values()) {
      if (def.category !== category) continue
      const about = truncate(def.title, Math.max(20, out.width - width - 4))
      out.line(`  ${def.type.padEnd(width)}  ${about}`)
    }
  }
  out.line()
  out.line('diptych nodes <type> shows what one does, its parameters and its ports.')
}

function showNode(def: NodeDef, out: Output): void {
  const { style } = out
  const width = Math.min(TEXT_WIDTH, out.width)
  const page = nodePage(def)
  out.line(`${style.bold(def.type)}  ${def.title} (version ${def.version})`)
  out.line()
  for (const line of plainMarkdown(def.doc, width, style)) out.line(line)
  section(
    'Parameters',
    ['left', 'left', 'left', 'left'],
    page.params.map(p => [p.name, p.type, p.required ? 'required' : (p.default ?? 'none'), p.description]),
  )
  section(
    'Inputs',
    ['left', 'left', 'left'],
    page.inputs.map(p => [p.name, p.type, p.note]),
  )
  section(
    'Outputs',
    ['left', 'left', 'left'],
    (page.outputs ?? []).map(p => [p.name, p.type, p.note]),
  )
  section(
    'Used in',
    ['left'],
    usedIn(def).map(file => [file, '']),
  )

  function section(title: string, align: readonly Align[], rows: readonly (readonly string[])[]): void {
    if (rows.length === 0) return
    out.line()
    out.line(style.bold(title))
    // The last column is prose: it goes on below itself where it is too long.
    const fixed = table(
      rows.map(row => row.slice(0, -1)),
      align,
      '  ',
    )
    const start = Math.max(...fixed.map(displayWidth)) + 2
    rows.forEach((row, i) => {
      const [first = '', ...rest] = wrap(row.at(-1)!, Math.max(24, width - start))
      out.line(`${fixed[i]!.padEnd(start)}${first}`.trimEnd())
      for (const line of rest) out.line(`${' '.repeat(start)}${line}`)
    })
  }
}
