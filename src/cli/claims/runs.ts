import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { suggest } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { parseGraph } from '../../graph/parse.ts'
import { reportFile } from '../../host/bundle-format.ts'
import { type FigureItems, findFigure } from '../../nodes/evaluation/figures.ts'
import { CliError } from '../exit.ts'
import { shortPath } from '../resume-command.ts'

/** A finished run, as its folder tells it. */
export interface FinishedRun {
  readonly path: string
  readonly seed: number | undefined
  /** By node id. */
  readonly nodes: readonly string[]
}

/** The run at a path: its folder, or a file in it. */
export async function openRun(path: string): Promise<FinishedRun> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats) throw new CliError(`${path}: there is no such run.`)
  const folder = stats.isDirectory() ? path : dirname(path)
  const text = await readFile(join(folder, 'graph.json'), 'utf8').catch(() => {
    throw new CliError(`${path} is no run: a run's folder holds graph.json and reports/.`)
  })
  const files = await readdir(join(folder, 'reports')).catch(() => [] as string[])
  const nodes = files.flatMap(f => (f.endsWith('.json') ? [f.slice(0, -'.json'.length)] : []))
  if (nodes.length === 0)
    throw new CliError(`${shortPath(folder)} has no reports: it did not get that far, or measures nothing.`)
  return { path: folder, seed: parseGraph(text).document?.meta.seed, nodes }
}

/** `retrieval.image_to_text_recall@1`: an evaluator's id, of an inner node with its slashes, and a figure of its report. */
export interface FigureName {
  readonly node: string
  readonly figure: string
}

export function parseFigure(text: string): FigureName {
  const dot = text.indexOf('.')
  if (dot <= 0 || dot === text.length - 1)
    throw new CliError(`"${text}" is no figure: write node.figure, such as choice.accuracy/swap.`, 2)
  return { node: text.slice(0, dot), figure: text.slice(dot + 1) }
}

/** The items of a figure of a run, with the report they are from. Throws where it has none, with what it has. */
export async function figureOfRun(
  run: FinishedRun,
  { node, figure }: FigureName,
): Promise<FigureItems & { readonly report: Report }> {
  const name = node.replaceAll('/', '.')
  const where = shortPath(run.path)
  if (!run.nodes.includes(name))
    throw new CliError(`${where} has no report of "${node}". ${suggest(node, run.nodes)}`)
  const text = await readFile(join(run.path, 'reports', `${name}.json`), 'utf8')
  const report = readReport(text)
  if (!report) throw new CliError(`${where}: the report of "${node}" can’t be read.`)
  const found = findFigure(report, figure)
  if (!('items' in found))
    throw new CliError(`${where}: the report of "${node}" ${found.problem}. ${found.hint}`)
  return { ...found, report }
}

function readReport(text: string): Report | undefined {
  try {
    return reportFile.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
