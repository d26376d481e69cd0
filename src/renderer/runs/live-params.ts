import type { GraphDocument } from '../../graph/document.ts'
import { splitWire, wiresOf } from '../../graph/document.ts'
import type { z } from '../../graph/kit.ts'
import { upToDate } from '../../graph/migrate.ts'
import { own } from '../../graph/own.ts'
import { registry } from '../../nodes/index.ts'
import type { ParamChange } from '../../protocol/messages.ts'
import { type FormField, formFields } from '../inspector/form-model.ts'
import type { LiveEdit } from '../state/types.ts'

/** A node with settings that can be changed while it trains, as they are at this step. */
export interface LiveNode {
  readonly id: string
  readonly title: string
  readonly type: string
  readonly fields: readonly FormField[]
}

/** Of a Train, what changes neither its weights nor its steps. */
const OF_TRAIN: ReadonlySet<string> = new Set(['clipNorm', 'ema'])
const WIDGETS: ReadonlySet<string> = new Set(['number', 'switch', 'choice', 'numbers'])

/** What can be changed while a Train trains: settings of its optimizers, their schedules, its losses and its own. */
export function liveNodes(
  graph: GraphDocument,
  train: string,
  edits: readonly LiveEdit[],
  taken: number,
): LiveNode[] {
  const ids = [...chain(graph, train, 'optimizer'), ...chain(graph, train, 'loss'), train]
  return [...new Set(ids)].flatMap(id => {
    const json = own(graph.nodes, id)
    const def = json && registry.get(json.type)
    if (!json || !def) return []
    const params = { ...upToDate(def, json).params }
    for (const edit of edits) if (edit.node === id && edit.step <= taken) params[edit.param] = edit.value
    const fields = formFields(def, params).filter(
      ({ name, widget, value }) =>
        WIDGETS.has(widget.kind) &&
        (id !== train || (OF_TRAIN.has(name) && (name !== 'ema' || Number(value) > 0))),
    )
    return fields.length > 0 ? [{ id, title: json.title ?? def.title, type: json.type, fields }] : []
  })
}

/** The optimizers and schedules, or the nodes that make losses from others, that an input of a Train is wired to. */
function chain(graph: GraphDocument, train: string, port: 'optimizer' | 'loss'): string[] {
  const category = port === 'optimizer' ? 'optimizer' : 'objective'
  const found: string[] = []
  const todo = wiresOf(own(graph.nodes, train)?.in[port]).map(w => splitWire(w).node)
  for (let id = todo.shift(); id !== undefined; id = todo.shift()) {
    const json = own(graph.nodes, id)
    if (!json || found.includes(id) || registry.get(json.type)?.category !== category) continue
    found.push(id)
    todo.push(...Object.values(json.in).flatMap(w => wiresOf(w).map(wire => splitWire(wire).node)))
  }
  return found
}

/** Drafts that say another value than the run has. */
export const changesOf = (nodes: readonly LiveNode[], drafts: Iterable<ParamChange>): ParamChange[] =>
  [...drafts].filter(({ node, param, value }) => {
    const field = nodes.find(n => n.id === node)?.fields.find(f => f.name === param)
    return field !== undefined && JSON.stringify(field.value) !== JSON.stringify(value)
  })

/** What the nodes' own schemas say against changes, before anything is asked of the engine. */
export const changeFaults = (nodes: readonly LiveNode[], changes: readonly ParamChange[]): string[] =>
  changes.flatMap(({ node, param, value }) => {
    const type = nodes.find(n => n.id === node)?.type
    const schema = type === undefined ? undefined : registry.get(type)?.params.shape[param]
    const result = (schema as z.ZodType | undefined)?.safeParse(value)
    return !result || result.success ? [] : [`${node}.${param}: ${result.error.issues[0]?.message}`]
  })

/** `train.rate 0.003 → 0.001`. */
export const changeText = ({ node, param, before, value }: ParamChange & { before: unknown }): string =>
  `${node}.${param} ${valueText(before)} → ${valueText(value)}`

const valueText = (value: unknown): string =>
  value === null || value === undefined
    ? 'default'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
