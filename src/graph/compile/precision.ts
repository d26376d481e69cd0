import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { isFloat } from '../../ir/types.ts'
import type { Precision } from '../../nn/scope.ts'
import type { CheckedNode } from '../check.ts'
import { splitWire } from '../document.ts'
import type { DeviceValue } from '../kit.ts'
import { type GraphNodes, wireOf } from '../slice.ts'

/** The float type that a node computes in: its own setting, else the stage's policy. */
export function dtypeOf(node: CheckedNode, policy: Precision = 'f32'): Precision {
  if (node.def.kind !== 'device' || node.def.precise) return 'f32'
  return (node.params.precision as Precision | undefined) ?? policy
}

/** The value with every float tensor in this dtype; a list input's wires are one record, keyed by position. */
export function castFloats(b: Builder, value: DeviceValue, dtype: Precision): DeviceValue {
  if ('id' in value && 'type' in value) {
    const v = value as Var
    return isFloat(v.type.dtype) ? b.convert(v, dtype) : v
  }
  const parts = Object.entries(value as Readonly<Record<string, DeviceValue>>)
  return Object.fromEntries(parts.map(([k, v]) => [k, castFloats(b, v, dtype)])) as DeviceValue
}

/** What a node that measures weights computes in: as the Train that made them did. */
export function inheritedPrecision(graph: GraphNodes, consumer: CheckedNode): Precision {
  const wire = wireOf(consumer, 'weights')
  const from = wire === undefined ? undefined : graph.nodes.get(splitWire(wire).node)
  if (!from) return 'f32'
  return from.def.kind === 'train'
    ? from.def.settings(from.params).precision
    : inheritedPrecision(graph, from)
}
