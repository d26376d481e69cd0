import type { CheckedNode } from './check.ts'
import { closest, GraphFault } from './diagnostic.ts'
import { type Derivation, type EvaluatorNeeds, type EvaluatorNode, port } from './kit.ts'
import { own } from './own.ts'
import type { DatasetSchema } from './schema.ts'
import { type FieldRef, fieldsOf, type GraphNodes, operandsOf, wireOf } from './slice.ts'

/**
 * What an evaluator will bind must be there before anything runs: its wires re-staged on its own datasets need those
 * datasets' columns, and a side filled from texts or pictures may read nothing else.
 */
export function checkNeeds(graph: GraphNodes, node: CheckedNode): GraphFault[] {
  if (node.def.kind !== 'evaluator') return []
  const def: EvaluatorNode = node.def
  const needs = def.needs(node.params)
  const bound = [...(needs.pairs ? [needs.pairs.port] : []), ...(needs.wires ?? [])]
  // An input that may be left open and is: there is nothing to hold against it.
  const datasets = datasetInputs(def).filter(input => !def.inputs[input]!.optional || node.inputs[input])
  if ([...bound, ...datasets].some(input => isUnknown(node, input))) return []
  const faults: GraphFault[] = []
  let clips: Clips | undefined
  const read: FieldRef[] = (needs.wires ?? []).flatMap(input => fieldsOf(graph, [wireOf(node, input)!]))
  if (needs.pairs) {
    const wire = wireOf(node, needs.pairs.port)!
    const operands = operandsOf(graph, wire)
    if (!operands)
      return [
        new GraphFault('DT051', `"${wire}" does not come from a node that compares two sides`, {
          port: needs.pairs.port,
          hint: 'Wire the output of a pair node, such as "pair.logits".',
        }),
      ]
    for (const side of ['rows', 'columns'] as const) {
      const fields = fieldsOf(graph, [operands[side]])
      const filling = needs.pairs[side]
      if (filling === 'dataset') read.push(...fields)
      else if (fields.length !== 1 || !KINDS[filling].includes(fields[0]!.derivation.kind))
        faults.push(notAlone(filling, operands[side], operands.node, fields, needs.pairs.port))
      else if (fields[0]!.derivation.kind === 'frames') clips = fields[0]!.derivation
    }
  }
  return [...faults, ...datasets.flatMap(input => missingColumns(node, input, read, needs.fields, clips))]
}

/** What must be in one of the evaluator's datasets and is not; one missing column is one fault. */
function missingColumns(
  node: CheckedNode,
  input: string,
  read: readonly FieldRef[],
  further: EvaluatorNeeds['fields'],
  clips: Clips | undefined,
): GraphFault[] {
  const { schema } = port(node.inputs, input, 'dataset')
  const columns = new Map<string, GraphFault | undefined>()
  const demand = (column: string, wanted: Wanted, why: string) => {
    const key = `${wanted.kind} ${column}`
    if (!columns.has(key)) columns.set(key, missing(schema, input, column, wanted, why))
  }
  for (const f of read) demand(f.derivation.column, f.derivation, `"${f.batch}.${f.port}" is made from`)
  // Where the side that is filled with pictures is made from clips, its columns hold clips of that length.
  for (const [column, kind] of Object.entries(further))
    demand(column, kind === 'image' && clips ? clips : { kind }, 'it reads')
  return [...columns.values()].filter(fault => fault !== undefined)
}

/** The inputs of an evaluator that take datasets. */
export const datasetInputs = (def: EvaluatorNode): string[] =>
  Object.entries(def.inputs).flatMap(([name, { accepts }]) =>
    accepts.kind === 'host' && accepts.of === 'dataset' ? [name] : [],
  )

const isUnknown = (node: CheckedNode, input: string): boolean => {
  const type = node.inputs[input]
  return !type || ('kind' in type && type.kind === 'unknown')
}

type Clips = Extract<Derivation, { kind: 'frames' }>
type Wanted = { readonly kind: Exclude<Derivation['kind'], 'frames'> } | Pick<Clips, 'kind' | 'frames'>

/** The kinds of field that a side filled with these is made from. */
const KINDS: Readonly<Record<'texts' | 'pictures', readonly Derivation['kind'][]>> = {
  texts: ['text'],
  pictures: ['image', 'frames'],
}

function notAlone(
  filling: keyof typeof KINDS,
  wire: string,
  pair: string,
  fields: readonly FieldRef[],
  pairs: string,
): GraphFault {
  const read = fields.map(f => `${f.batch}.${f.port} (${f.derivation.kind})`).join(', ')
  const [kind, other] = filling === 'texts' ? (['text', 'image'] as const) : (['image', 'text'] as const)
  const mixed = fields.some(f => f.derivation.kind === other)
  return new GraphFault(
    'DT051',
    `"${wire}" is to be filled with ${filling} alone, so it must be made from one ${kind} field; it reads ${read || 'no field at all'}`,
    {
      port: pairs,
      hint: mixed
        ? `Wire what is made from ${filling} to this side of "${pair}", and nothing that reads the ${other}.`
        : `Wire the embedding of one ${kind} field to this side of "${pair}".`,
    },
  )
}

function missing(
  schema: DatasetSchema,
  input: string,
  column: string,
  wanted: Wanted,
  why: string,
): GraphFault | undefined {
  const { kind } = wanted
  const field = own(schema.fields, column)
  if (field?.kind === 'frames' && wanted.kind === 'frames' && field.frames !== wanted.frames)
    return new GraphFault(
      'DT050',
      `${why} "${column}" as clips of ${wanted.frames} frames; in this dataset they have ${field.frames}`,
      { port: input, hint: 'Give both datasets clips of one length.' },
    )
  if (field?.kind === kind) return undefined
  if (field)
    return new GraphFault('DT050', `${why} "${column}" as ${kind}; in this dataset it is ${field.kind}`, {
      port: input,
      hint: columnsOf(schema, kind),
    })
  const near = closest(column, Object.keys(schema.fields))
  return new GraphFault('DT050', `${why} the ${kind} column "${column}", which this dataset lacks`, {
    port: input,
    hint: near ? `Did you mean "${near}"?` : columnsOf(schema, kind),
  })
}

function columnsOf(schema: DatasetSchema, kind: Derivation['kind']): string {
  const names = Object.entries(schema.fields).flatMap(([name, f]) => (f.kind === kind ? [name] : []))
  return names.length ? `Its ${kind} columns: ${names.join(', ')}.` : `It has no ${kind} column.`
}
