import type { MeasuredTrain, PlannedNode } from '../../protocol/messages.ts'
import { duration, fileSize, plural } from './format.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

/** One line a node that takes time, in the order of the run, and a sum of them. */
export function planLines(nodes: readonly PlannedNode[], style: Style): string[] {
  const told = nodes.filter(n => n.does !== 'anew')
  const rows = told.map(({ node, does, why = '', unless }) => [
    node,
    does === 'nothing' ? 'does not run' : does,
    does === 'nothing'
      ? 'no Train and no report reads it'
      : [why, doubt(why, unless)].filter(Boolean).join('; '),
  ])
  const runs = told.filter(n => n.does === 'runs').length
  const cached = told.filter(n => n.does === 'cached').length
  const paint = (line: string, i: number) => (told[i]!.does === 'runs' ? style.bold(line) : style.dim(line))
  return [
    ...table(rows, ['left', 'left', 'left']).map(paint),
    `${plural(runs, 'node runs', 'nodes run')}, ${cached} from the cache`,
  ]
}

/** On a first run everything is made, so that what depends on what goes without saying. */
const doubt = (why: string, unless: readonly string[] = []): string =>
  unless.length && why !== 'first run' ? `depends on what ${unless.join(', ')} will make` : ''

/** What a step of each Train needs at its peak, and what would make it fit where it does not. */
export function memoryLines(trains: readonly MeasuredTrain[], style: Style): string[] {
  return trains.flatMap(({ train, facts: { memory, devices }, fit, advice, compileSeconds, fromCache }) => {
    if (!memory) return [`${train}: this engine can't tell how much memory a step needs`]
    const each = devices > 1 ? ' on each device' : ''
    const compiled = `compiled in ${duration(compileSeconds)}${fromCache ? ', from the cache' : ''}`
    const needs = `${train}: a step needs ${fileSize(memory.totalBytes)}${each} at its peak (${compiled})`
    if (!fit || fit.neededBytes <= fit.availableBytes) return [needs]
    return [
      style.bold(`${needs}, which does not fit: ${fit.there}`),
      ...advice.map(({ node, param, value, about, bytes: estimate }) => {
        const then = estimate === undefined ? '' : `; about ${fileSize(estimate)}`
        return `  --set ${node}.${param}=${value}  ${about}${then}`
      }),
    ]
  })
}
