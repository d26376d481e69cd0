import { matchWire } from '../../graph/accept.ts'
import { faultOf } from '../../graph/check-node.ts'
import type { Accept, InputTypes, NodeDef } from '../../graph/kit.ts'
import { type Dim, dim, type PortType, type PortTypes, tensorPort } from '../../graph/types.ts'

/*
 * The outputs of a node depend on its inputs, yet a card shows its ports before anything is wired. So the
 * node's own type rule is asked about made-up inputs that it would accept. Sizes of such types mean nothing.
 */

/** Divisible by every patch size and number of heads that is common. */
const SIDE = 6720
const BATCH = dim('batch', 8)

const DATASET: PortType = {
  kind: 'dataset',
  schema: {
    fields: {
      image: { kind: 'image' },
      caption: { kind: 'text' },
      label: { kind: 'category', classes: ['a'] },
    },
  },
}

/** What may stand before the axes that an input names: rows, or rows of clips for nodes that are about frames. */
const LEADS: readonly (readonly Dim[])[] = [[BATCH], [BATCH, dim('frame', 8)]]

function sample(accept: Accept, lead: readonly Dim[]): PortType {
  if (accept.kind === 'tensor') {
    const size = (name: string): number => (name === 'batch' ? BATCH.size : name === 'channel' ? 3 : SIDE)
    return tensorPort(
      accept.dtype,
      ...(accept.leading ? lead : []),
      ...accept.dims.map(name => dim(name === '*' ? 'width' : name, size(name))),
    )
  }
  if (accept.kind === 'host') {
    if (accept.of === 'dataset') return DATASET
    return accept.of === 'tokenizer' ? { kind: 'tokenizer', vocabSize: 64 } : { kind: accept.of }
  }
  if (accept.kind === 'device') return tensorPort('float', BATCH, dim('width', SIDE))
  const length = dim('length', 8)
  const token = dim('token', 8)
  const fields = {
    tok: {
      ids: tensorPort('int', BATCH, length),
      valid: tensorPort('bool', BATCH, length),
      eot: tensorPort('int', BATCH),
    },
    feat: {
      tokens: tensorPort('float', BATCH, token, dim('width', SIDE)),
      valid: tensorPort('bool', BATCH, token),
    },
    pairs: {
      logits: tensorPort('float', BATCH, dim('batch′', BATCH.size)),
      scale: tensorPort('float'),
    },
    loss: { sum: tensorPort('float'), count: tensorPort('float') },
  }
  return { kind: 'record', record: accept.record, fields: fields[accept.record], vocab: 64 }
}

/** The settings as the node reads them; those that must be given, such as a path, are made up. */
function settings(def: NodeDef, given: Readonly<Record<string, unknown>>) {
  const read = def.params.safeParse(given)
  if (read.success) return read
  const missing = read.error.issues
    .map(issue => String(issue.path[0]))
    .filter(key => !Object.hasOwn(given, key))
  const filled = def.params.safeParse({ ...given, ...Object.fromEntries(missing.map(key => [key, 'a'])) })
  return filled.success ? filled : undefined
}

const ask = (def: NodeDef, params: Readonly<Record<string, unknown>>): PortTypes | undefined => {
  const read = settings(def, params)
  if (!read) return undefined
  for (const lead of LEADS) {
    const inputs: InputTypes = Object.fromEntries(
      Object.entries(def.inputs).map(([name, { accepts, list }]) => {
        const type = sample(accepts, lead)
        return [name, list ? [type] : type]
      }),
    )
    try {
      return def.types(read.data, inputs)
    } catch {
      // A node may be about an axis that these inputs lack; where all of them are refused, nothing is known.
    }
  }
  return undefined
}

const byDefault = new WeakMap<NodeDef, PortTypes>()

/** Ports that a fresh node of this kind would have once it is wired. */
export function outputsOf(def: NodeDef): PortTypes {
  let found = byDefault.get(def)
  if (!found) {
    found = { ...ask(def, {}) }
    // A source whose columns nobody has read yet still gives a dataset.
    for (const [name, type] of Object.entries(found))
      if (type.kind === 'unknown' && name === 'dataset') found = { ...found, [name]: DATASET }
    byDefault.set(def, found)
  }
  return found
}

/** Ports of this node as it is set; a Batch has none before it knows its columns. */
export function likelyOutputs(def: NodeDef, params: Readonly<Record<string, unknown>>): PortTypes {
  if (def.kind === 'batch') return {}
  return ask(def, params) ?? outputsOf(def)
}

export const fits = (accept: Accept, type: PortType): boolean => !faultOf(() => matchWire('', accept, type))

/** Inputs of this kind of node that take such a wire. */
export const inputsThatFit = (def: NodeDef, type: PortType): string[] =>
  Object.entries(def.inputs).flatMap(([name, spec]) => (fits(spec.accepts, type) ? [name] : []))

/** Outputs of this kind of node that such an input takes. */
export const outputsThatFit = (def: NodeDef, accept: Accept): string[] =>
  Object.entries(outputsOf(def)).flatMap(([name, type]) => (fits(accept, type) ? [name] : []))
