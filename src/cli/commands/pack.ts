import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { GraphDocument } from '../../graph/document.ts'
import { parseGraph } from '../../graph/parse.ts'
import { writeGraph } from '../../graph/write.ts'
import { BundleError } from '../../host/bundle.ts'
import { type WrittenBundle, writeBundle } from '../../host/bundle-write.ts'
import { runFoldersOf } from '../../host/run-folders.ts'
import { CliError, EXIT } from '../exit.ts'
import { readGraph } from '../graph-file.ts'
import type { Io } from '../io.ts'
import { fileSize, plural } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'
import { shortPath } from '../resume-command.ts'

export interface PackFlags {
  readonly run?: string
  readonly output?: string
  readonly weights?: boolean
  readonly json?: boolean
}

/** Writes a graph's bundle: the graph as it ran, with the results of that run. */
export async function packCommand(file: string, flags: PackFlags, io: Io): Promise<number> {
  const graph = await readGraph(file)
  const run = flags.run ? resolve(flags.run) : await newestRun(resolve(file))
  const output = resolve(flags.output ?? join(dirname(file), `${basename(file).replace(/\.json$/, '')}.dpt`))
  const ran = await readFile(join(run, 'graph.json'), 'utf8').catch(() => undefined)
  if (ran === undefined) throw new CliError(`${shortPath(run)} is no run's folder: it has no graph.json.`)
  if (isOther(graph.text, ran))
    io.err.line(
      `${io.err.style.yellow('warning')} ${file} is not what ran in ${shortPath(run)}: the bundle holds the graph as it ran.`,
    )
  let written: WrittenBundle
  try {
    written = await writeBundle(run, output, { weights: flags.weights })
  } catch (e) {
    throw e instanceof BundleError ? new CliError(e.message) : e
  }
  const { path, bytes, members } = written
  const count = (folder: string) => members.filter(name => name.startsWith(`${folder}/`)).length
  if (flags.json) io.out.line(jsonLine({ type: 'packed', path, bytes, run, members }))
  else {
    const parts = [
      plural(count('reports'), 'report'),
      plural(count('pictures'), 'picture'),
      plural(count('metrics'), 'training'),
      flags.weights ? `weights of ${count('weights')}` : 'no weights',
    ]
    io.out.line(`${shortPath(path)}: ${fileSize(bytes)} of ${shortPath(run)}`)
    io.out.line(`  ${parts.join(', ')}`)
  }
  return EXIT.ok
}

/** The newest run of a graph file that has something to show. */
async function newestRun(file: string): Promise<string> {
  for (const folder of await runFoldersOf(file))
    if (await stat(join(folder, 'reports')).catch(() => undefined)) return folder
  throw new CliError(
    `${shortPath(file)} has no run with reports beside it. Run it first, or name a run's folder with --run.`,
  )
}

/** Whether two graphs compute differently. Titles, notes and places don't count. */
function isOther(text: string, ran: string): boolean {
  const core = (t: string): string | undefined => {
    const { document } = parseGraph(t)
    if (!document) return undefined
    const nodes = Object.entries(document.nodes).filter(([, n]) => n.type !== 'note')
    const plain: GraphDocument = {
      ...document,
      meta: { title: '', seed: document.meta.seed },
      nodes: Object.fromEntries(nodes.map(([id, { title: _title, ...node }]) => [id, node])),
      defs: Object.fromEntries(
        Object.entries(document.defs).map(([name, { view: _view, groups: _groups, ...def }]) => [name, def]),
      ),
      view: {},
      groups: undefined,
      lock: {},
    }
    return writeGraph(plain)
  }
  return core(text) !== core(ran)
}
