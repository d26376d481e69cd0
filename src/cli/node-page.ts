import { showAccept } from '../graph/accept.ts'
import type { Accept, InputTypes, NodeDef } from '../graph/kit.ts'
import { paramSchema, typeText } from '../graph/param-schema.ts'
import type { DatasetSchema } from '../graph/schema.ts'
import { dim, type PortType, tensorPort } from '../graph/types.ts'

export interface ParamLine {
  readonly name: string
  readonly type: string
  /** JSON text; undefined for a parameter that may be left out. */
  readonly default?: string
  readonly required: boolean
  readonly description: string
}

export interface PortLine {
  readonly name: string
  readonly type: string
  readonly note: string
}

/** What the registry knows of a node type, as people read it. */
export interface NodePage {
  readonly params: readonly ParamLine[]
  readonly inputs: readonly PortLine[]
  /** Undefined where they depend on what is wired. */
  readonly outputs: readonly PortLine[] | undefined
}

export function nodePage(def: NodeDef): NodePage {
  return { params: paramLines(def), inputs: inputLines(def), outputs: outputLines(def) }
}

function paramLines(def: NodeDef): ParamLine[] {
  const { properties = {}, required = [] } = paramSchema(def)
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    type: typeText(schema),
    default: schema.default === undefined ? undefined : JSON.stringify(schema.default),
    required: required.includes(name),
    description: schema.description ?? '',
  }))
}

const inputLines = (def: NodeDef): PortLine[] =>
  Object.entries(def.inputs).map(([name, spec]) => ({
    name,
    type: `${spec.list ? 'list of ' : ''}${showAccept(spec.accepts)}${spec.optional ? ', optional' : ''}`,
    note: spec.doc,
  }))

/** The outputs of the node with its default settings, on wires that have the axes it asks for. */
function outputLines(def: NodeDef): PortLine[] | undefined {
  if (def.kind === 'batch') return [{ name: '<column>', type: 'tensor or tok', note: 'One for each column.' }]
  if (def.kind === 'host' && def.peek) return [{ name: 'dataset', type: 'dataset', note: '' }]
  const required = Object.fromEntries((paramSchema(def).required ?? []).map(name => [name, 'any']))
  const params = def.params.safeParse(required)
  if (!params.success) return undefined
  for (const lead of [['…'], ['…', 'frame']]) {
    try {
      const outputs = def.types(params.data, sampleInputs(def, lead))
      return Object.entries(outputs).map(([name, type]) => ({ name, type: axesText(type), note: '' }))
    } catch {
      // The type rule wants more of its wires than this sample has.
    }
  }
  return undefined
}

const SAMPLE: DatasetSchema = {
  fields: {
    image: { kind: 'image' },
    caption: { kind: 'text' },
    group: { kind: 'category', classes: ['a'] },
  },
}
const SIZE = 64

/** Wires with the axes that a node asks for; `lead`: what stands before them where anything may. */
function sampleInputs(def: NodeDef, lead: readonly string[]): InputTypes {
  const sample = (a: Accept): PortType => {
    if (a.kind === 'tensor') {
      const axes = a.dims.map((name, i) => dim(name === '*' ? `any${i || ''}` : name, SIZE))
      return tensorPort(a.dtype, ...(a.leading ? lead.map(name => dim(name, SIZE)) : []), ...axes)
    }
    const batch = dim('batch', SIZE)
    if (a.kind === 'device') return tensorPort('float', batch, dim('…', SIZE))
    if (a.kind === 'record') {
      const length = dim('length', SIZE)
      const fields = {
        tok: {
          ids: tensorPort('int', batch, length),
          valid: tensorPort('bool', batch, length),
          eot: tensorPort('int', batch),
        },
        feat: {
          tokens: tensorPort('float', batch, dim('token', SIZE), dim('width', SIZE)),
          valid: tensorPort('bool', batch, dim('token', SIZE)),
        },
        pairs: { logits: tensorPort('float', batch, dim('batch′', SIZE)), scale: tensorPort('float') },
        loss: { sum: tensorPort('float'), count: tensorPort('float') },
      }
      return { kind: 'record', record: a.record, fields: fields[a.record], vocab: SIZE }
    }
    if (a.of === 'dataset') return { kind: 'dataset', schema: SAMPLE }
    return a.of === 'tokenizer' ? { kind: 'tokenizer', vocabSize: SIZE } : { kind: a.of }
  }
  return Object.fromEntries(
    Object.entries(def.inputs).map(([name, spec]) => [
      name,
      spec.list ? [sample(spec.accepts)] : sample(spec.accepts),
    ]),
  )
}

/** `float[batch, embed]`: sizes depend on the graph. */
function axesText(type: PortType): string {
  if (type.kind === 'record') return type.record
  if (type.kind !== 'tensor') return type.kind
  return `${type.dtype}[${type.dims.map(d => d.name.replace(/^any\d*$/, 'any')).join(', ')}]`
}
