import type { CheckedNode } from './check.ts'
import { closest, GraphFault } from './diagnostic.ts'
import { type Derivation, type EvaluatorNode, port } from './kit.ts'
import { own } from './own.ts'
import type { DatasetSchema } from './schema.ts'
import { type FieldRef, fieldsOf, type GraphNodes, operandsOf, wireOf } from './slice.ts'

/**
 * What an evaluator will bind must be there before anything runs: its wires re-staged on its own dataset
 * need that dataset's columns, and a side filled from texts may read nothing else.
 */
export function checkNeeds(graph: GraphNodes, node: CheckedNode): GraphFault[] {
  if (node.def.kind !== 'evaluator') return []
  const def: EvaluatorNode = node.def
  const needs = def.needs(node.params)
  if (isUnknown(node, needs.pairs) || isUnknown(node, 'dataset')) return []
  const wire = wireOf(node, needs.pairs)!
  const operands = operandsOf(graph, wire)
  if (!operands)
    return [
      new GraphFault('DT051', `"${wire}" does not come from a node that compares two sides`, {
        port: needs.pairs,
        hint: 'Wire the output of a pair node, such as "pair.logits".',
      }),
    ]
  const { schema } = port(node.inputs, 'dataset', 'dataset')
  const faults: GraphFault[] = []
  /** By column and kind: one missing column is one fault, however many things are made from it. */
  const columns = new Map<string, GraphFault | undefined>()
  const demand = (column: string, kind: Derivation['kind'], why: string) => {
    const key = `${kind} ${column}`
    if (!columns.has(key)) columns.set(key, missing(schema, column, kind, why))
  }
  for (const side of ['rows', 'columns'] as const) {
    const fields = fieldsOf(graph, [operands[side]])
    if (needs[side] === 'dataset')
      for (const f of fields)
        demand(f.derivation.column, f.derivation.kind, `"${f.batch}.${f.port}" is made from`)
    else if (fields.length !== 1 || fields[0]!.derivation.kind !== 'text')
      faults.push(notOneText(operands[side], operands.node, fields, needs.pairs))
  }
  for (const [column, kind] of Object.entries(needs.fields)) demand(column, kind, 'it reads')
  return [...faults, ...[...columns.values()].filter(fault => fault !== undefined)]
}

const isUnknown = (node: CheckedNode, input: string): boolean => {
  const type = node.inputs[input]
  return !type || ('kind' in type && type.kind === 'unknown')
}

function notOneText(wire: string, pair: string, fields: readonly FieldRef[], pairs: string): GraphFault {
  const read = fields.map(f => `${f.batch}.${f.port} (${f.derivation.kind})`).join(', ')
  const images = fields.some(f => f.derivation.kind === 'image')
  return new GraphFault(
    'DT051',
    `"${wire}" is to be filled with texts alone, so it must be made from one text field; it reads ${read || 'no field at all'}`,
    {
      port: pairs,
      hint: images
        ? `Wire what is made from texts to this side of "${pair}", and nothing that reads the image.`
        : `Wire the embedding of one text field to this side of "${pair}".`,
    },
  )
}

function missing(
  schema: DatasetSchema,
  column: string,
  kind: Derivation['kind'],
  why: string,
): GraphFault | undefined {
  const field = own(schema.fields, column)
  if (field?.kind === kind) return undefined
  if (field)
    return new GraphFault('DT050', `${why} "${column}" as ${kind}; in this dataset it is ${field.kind}`, {
      port: 'dataset',
      hint: columnsOf(schema, kind),
    })
  const near = closest(column, Object.keys(schema.fields))
  return new GraphFault('DT050', `${why} the ${kind} column "${column}", which this dataset lacks`, {
    port: 'dataset',
    hint: near ? `Did you mean "${near}"?` : columnsOf(schema, kind),
  })
}

function columnsOf(schema: DatasetSchema, kind: Derivation['kind']): string {
  const names = Object.entries(schema.fields).flatMap(([name, f]) => (f.kind === kind ? [name] : []))
  return names.length ? `Its ${kind} columns: ${names.join(', ')}.` : `It has no ${kind} column.`
}
