import { type Code, GraphFault } from './diagnostic.ts'
import type { Accept, InputSpec, InputTypes } from './kit.ts'
import { isDevice, type PortType, showPort, type TensorPort } from './types.ts'

/** What an input takes, in words: `float[…, height, width, channel]`. */
export function showAccept(a: Accept): string {
  if (a.kind === 'host') return a.of
  if (a.kind === 'record') return a.record
  if (a.kind === 'device') return 'any device wire'
  const dims = a.dims.map(d => (d === '*' ? 'any' : d))
  return `${a.dtype}[${[...(a.leading ? ['…'] : []), ...dims].join(', ')}]`
}

/** Compares a wire with what the input takes; throws the most telling fault, with both sides. */
export function matchWire(port: string, accept: Accept, wire: PortType): void {
  if (wire.kind === 'unknown') return
  const refuse = (code: Code, why: string, hint?: string): GraphFault => {
    const both = `the input takes ${showAccept(accept)}, the wire carries ${showPort(wire)}`
    return new GraphFault(code, why ? `${why}: ${both}` : both, { port, hint })
  }
  if (accept.kind === 'host') {
    if (wire.kind !== accept.of) throw refuse('DT030', '')
    return
  }
  if (accept.kind === 'device') {
    if (!isDevice(wire)) throw refuse('DT030', '')
    return
  }
  if (accept.kind === 'record') {
    if (wire.kind !== 'record' || wire.record !== accept.record)
      throw refuse('DT030', '', hintFor(accept.record))
    const tokens = accept.record === 'feat' ? wire.fields.tokens!.dims.length : 3
    if (tokens !== 3)
      throw refuse(
        'DT032',
        `tokens of rank ${tokens} where 3 is needed`,
        'Take the mean over the frames first: "layer.mean" of the encoder’s "pooled".',
      )
    return
  }
  if (wire.kind !== 'tensor')
    throw refuse('DT030', isDevice(wire) ? 'several tensors where one is needed' : '')
  if (wire.dtype !== accept.dtype)
    throw refuse('DT031', `dtype ${wire.dtype} where ${accept.dtype} is needed`)
  const [want, have] = [accept.dims.length, wire.dims.length]
  if (have < want || (have > want && !accept.leading))
    throw refuse('DT032', `rank ${have} where ${accept.leading ? 'at least ' : ''}${want} is needed`)
  accept.dims.forEach((name, i) => {
    const dim = wire.dims[have - want + i]!
    if (name !== '*' && dim.name !== name)
      throw refuse('DT033', `axis "${dim.name}" where "${name}" is needed`)
  })
}

function hintFor(record: string): string | undefined {
  if (record === 'pairs') return 'Put a "pair.logits" node between the embeddings and this input.'
  if (record === 'tok') return 'Wire a text field of a Batch that has a tokenizer.'
  return undefined
}

/** Within one node, axes of one name have one size, but for inputs whose axes are their own. */
export function matchSizes(inputs: InputTypes, specs: Readonly<Record<string, InputSpec>>): void {
  const seen = new Map<string, { size: number; port: string; type: PortType }>()
  for (const [port, wires] of Object.entries(inputs)) {
    if (specs[port]?.apart) continue
    const list =
      wires === undefined ? [] : Array.isArray(wires) ? (wires as readonly PortType[]) : [wires as PortType]
    for (const type of list) {
      for (const t of tensorsOf(type)) {
        for (const d of t.dims) {
          const known = seen.get(d.name)
          if (!known) seen.set(d.name, { size: d.size, port, type })
          else if (known.size !== d.size)
            throw new GraphFault(
              'DT034',
              `axis "${d.name}" is ${known.size} in "${known.port}" and ${d.size} in "${port}": ` +
                `${showPort(known.type)} and ${showPort(type)}`,
              { port, hint: `Make both ${d.name} sizes equal.` },
            )
        }
      }
    }
  }
}

function tensorsOf(t: PortType): readonly TensorPort[] {
  if (t.kind === 'tensor') return [t]
  return t.kind === 'record' ? Object.values(t.fields) : []
}
