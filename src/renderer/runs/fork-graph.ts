import { type GraphDocument, type NodeJson, wiresOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { equal } from '../state/stable.ts'
import { changeText } from './live-params.ts'

/** How one graph differs from another in what it computes, a line each: `schedule.rate 0.003 → 0.001`. */
export function graphChanges(before: GraphDocument, now: GraphDocument): string[] {
  if (before.nodes === now.nodes && before.defs === now.defs && before.meta.seed === now.meta.seed) return []
  const seed = before.meta.seed === now.meta.seed ? [] : [`the seed ${before.meta.seed} → ${now.meta.seed}`]
  const defs = equal(before.defs, now.defs) ? [] : ['subgraphs were edited']
  return [...seed, ...defs, ...nodeIds(before, now).flatMap(id => nodeChanges(before, now, id))]
}

const nodeIds = (a: GraphDocument, b: GraphDocument): string[] => [
  ...new Set([...Object.keys(a.nodes), ...Object.keys(b.nodes)]),
]

function nodeChanges(before: GraphDocument, now: GraphDocument, id: string): string[] {
  const [a, b] = [own(before.nodes, id), own(now.nodes, id)]
  if ((a ?? b)?.type === 'note') return []
  if (!a) return [`${id} was added`]
  if (!b) return [`${id} was removed`]
  if (a === b) return []
  if (a.type !== b.type) return [`${id} is another node`]
  const params = [...new Set([...Object.keys(a.params), ...Object.keys(b.params)])]
  return [
    ...params
      .filter(param => !equal(a.params[param], b.params[param]))
      .map(param => changeText({ node: id, param, before: a.params[param], value: b.params[param] })),
    ...(sameWires(a, b) ? [] : [`${id} is wired otherwise`]),
    ...(a.mode === b.mode ? [] : [`${id} ${b.mode === undefined ? 'runs again' : `is ${b.mode}`}`]),
  ]
}

const sameWires = (a: NodeJson, b: NodeJson): boolean =>
  [...new Set([...Object.keys(a.in), ...Object.keys(b.in)])].every(port =>
    equal(wiresOf(a.in[port]), wiresOf(b.in[port])),
  )
