import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { writeFileAtomic } from '../../host/disk.ts'
import { show } from '../../nodes/evaluation/judge.ts'
import { CliError } from '../exit.ts'
import type { ClaimGraph } from './graphs.ts'
import type { BarResult, GraphResult, Results } from './results.ts'

const [BEGIN, END] = ['<!-- bars -->', '<!-- /bars -->']

/** Puts the table of results between its markers in the folder's README, and leaves the rest as it is. */
export async function rewriteTable(
  folder: string,
  graphs: readonly ClaimGraph[],
  results: Results,
): Promise<void> {
  const file = join(folder, 'README.md')
  const text = await readFile(file, 'utf8').catch(() => '')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from)
    throw new CliError(`${file} has no lines ${BEGIN} and ${END} that the table could stand between.`)
  const table = tableOf(graphs, results).join('\n')
  const next = `${text.slice(0, from + BEGIN.length)}\n\n${table}\n\n${text.slice(to)}`
  if (next !== text) await writeFileAtomic(file, next)
}

/** One row a bar, graphs by name; what has not been measured yet says so. */
export function tableOf(graphs: readonly ClaimGraph[], results: Results): string[] {
  const head = ['system', 'claim', 'measured', 'control', 'n', 'seeds', 'verdict', 'command']
  const rows = graphs.flatMap(graph => rowsOf(graph, results[graph.name]))
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.map(escaped).join(' | ')} |`)
}

const escaped = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')

function rowsOf(graph: ClaimGraph, result: GraphResult | undefined): string[][] {
  const system = `[${graph.document.meta.title}](${graph.name}.json)`
  const command = `\`npm run verify:graphs -- ${basename(graph.name)}\``
  if (!result) return [[system, '', '', '', '', '', 'not measured', command]]
  const stale = result.graph === graph.hash ? '' : ', of an earlier graph'
  const seeds = result.seeds.join(', ')
  const failed = result.failure === undefined ? [] : [['', result.failure, '', '', seeds, 'failed']]
  const bars = Object.values(result.bars).map(bar => [
    bar.claim,
    measured(bar),
    bar.control,
    String(bar.n),
    seeds,
    bar.met ? 'green' : '**red**',
  ])
  return [...bars, ...failed].map((cells, i) => [
    i === 0 ? system : '',
    ...cells.slice(0, -1),
    `${cells.at(-1)}${stale}`,
    i === 0 ? command : '',
  ])
}

/** `accuracy/swap 0.81 against 0.5: +0.31 [0.27, 0.35]; by seed 0.3, 0.32, 0.31`. */
export function measured({ metric, a, b, difference, low, high, bySeed }: BarResult): string {
  if (a === undefined || b === undefined || difference === undefined) return `\`${metric}\`: not a number`
  const sign = difference > 0 ? '+' : ''
  const seeds = bySeed.length > 1 ? `; by seed ${bySeed.map(show).join(', ')}` : ''
  const ends = `[${show(low ?? difference)}, ${show(high ?? difference)}]`
  return `\`${metric}\` ${show(a)} against ${show(b)}: ${sign}${show(difference)} ${ends}${seeds}`
}
