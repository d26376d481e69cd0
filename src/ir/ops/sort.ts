import { definePrimitive, type HloRef, type StableHloEmitter, TypeFault } from '../primitive.ts'
import { forEachIndex, positionOf, refZeros } from '../reference.ts'
import { elementCount, isFloat, sameShape, showType, stridesOf, type TensorType, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { compareAttributes, compareKind, takeAlong } from './rules.ts'

export type SortParams = { readonly axis: number; readonly descending: boolean }

/**
 * Sorts along one axis by the first operand; the others (payload) move with it. Equal keys keep their order,
 * also in a descending sort; NaN comes last in both; −0 and 0 are equal.
 */
export const sort = definePrimitive<SortParams>({
  name: 'sort',
  type: (ins, { axis }) => {
    const key = ins[0]
    if (!key) throw new TypeFault('nothing to sort')
    if (key.shape[axis] === undefined) throw new TypeFault(`no order along axis ${axis} of ${showType(key)}`)
    const other = ins.find(x => !sameShape(x.shape, key.shape))
    if (other) throw new TypeFault(`keys ${showType(key)} and payload ${showType(other)} differ in shape`)
    return ins
  },
  vjp: ({ b, ins, cts, params: { axis, descending } }) => {
    // Where each sorted element came from; sorting cotangents by that takes them back.
    const places = b.iota('s32', ins[0]!.type.shape, axis)
    const [, from] = b.sort([ins[0]!, places], axis, { descending })
    const known = cts.filter(ct => ct !== null)
    const [, ...back] = b.sort([from!, ...known], axis)
    return cts.map(ct => (ct ? back[known.indexOf(ct)]! : null))
  },
  reference: (ins, { axis, descending }, outs) => {
    const results = outs.map(refZeros)
    const shape = outs[0]!.shape
    const strides = stridesOf(shape)
    const starts = shape.map((d, i) => (i === axis ? Math.min(d, 1) : d))
    const keys = ins[0]!.data
    const before = (x: number, y: number): boolean =>
      Number.isNaN(y) ? !Number.isNaN(x) : descending ? x > y : x < y
    forEachIndex(starts, index => {
      const base = positionOf(index, strides)
      const places = Array.from({ length: shape[axis]! }, (_, k) => base + k * strides[axis]!)
      const sorted = [...places].sort(
        (p, q) => Number(before(keys[q]!, keys[p]!)) - Number(before(keys[p]!, keys[q]!)),
      )
      for (const [k, result] of results.entries())
        sorted.forEach((from, i) => {
          result.data[places[i]!] = ins[k]!.data[from]!
        })
    })
    return results
  },
  stablehlo: (e, ins, { axis, descending }, outs) => {
    if (elementCount(outs[0]!.shape) === 0) return ins
    const plain = ins.length === 1 && !isFloat(ins[0]!.type.dtype)
    if (plain || ins[0]!.type.dtype === 's64') return sortDirectly(e, ins, axis, descending, outs)
    const from = sortedPlaces(e, ins[0]!, axis, descending)
    return ins.map((x, i) => takeAlong(e, x, from, axis, outs[i]!))
  },
  tfjs: { onHost: 'there is no kernel that sorts with payload' },
  jax: (ins, { axis, descending }, j) => {
    if (!descending)
      return { tuple: `lax.sort(${pyTuple(ins)}, dimension=${axis}, is_stable=True, num_keys=1)` }
    const turned = isFloat(j.ins[0]!.dtype) ? `-${ins[0]}` : `~${ins[0]}`
    return {
      tuple: `lax.sort(${pyTuple([turned, ...ins])}, dimension=${axis}, is_stable=True, num_keys=1)[1:]`,
    }
  },
  cases: [
    { in: ['f32[9]'], params: { axis: 0, descending: false }, tol: 0 },
    { in: ['f32[3,7]', 'f32[3,7]'], params: { axis: 1, descending: true }, tol: 0 },
    {
      in: ['f32[4,2,3]', { type: 's32[4,2,3]', range: [-9, 9] }, 'f32[4,2,3]'],
      params: { axis: 0, descending: false },
      tol: 0,
    },
    {
      in: [{ type: 's32[40]', range: [-4, 4] }, 'f32[40]'],
      params: { axis: 0, descending: true },
      tol: 0,
    },
    { in: [{ type: 'u8[2,30]', range: [0, 255] }], params: { axis: 1, descending: false }, tol: 0 },
    {
      in: [
        { type: 'u32[20]', range: [2147483640, 2147483655] },
        { type: 's32[20]', range: [-9, 9] },
      ],
      params: { axis: 0, descending: false },
      tol: 0,
    },
    {
      in: [
        { type: 's64[20]', range: [-9, 9] },
        { type: 's64[20]', range: [-9e12, 9e12] },
      ],
      params: { axis: 0, descending: true },
      tol: 0,
    },
    {
      in: [{ type: 'bool[9]', range: [0, 1] }, 'f32[9]'],
      params: { axis: 0, descending: false },
      tol: 0,
    },
    { in: ['bf16[2,9]', 'f32[2,9]'], params: { axis: 1, descending: false }, tol: 0 },
    { in: ['f32[3,1]'], params: { axis: 1, descending: false }, tol: 0 },
    { in: ['f32[2,0]'], params: { axis: 1, descending: false }, tol: 0 },
  ],
})

/** StableHLO's own sort. */
function sortDirectly(
  e: StableHloEmitter,
  ins: readonly HloRef[],
  axis: number,
  descending: boolean,
  outs: readonly TensorType[],
): HloRef[] {
  const pairs = ins.flatMap(x => [tensor(x.type.dtype, []), tensor(x.type.dtype, [])])
  const kind = compareKind(ins[0]!.type.dtype)
  const direction = descending ? 'GT' : 'LT'
  const region = e.region(pairs, ([x, y]) => [
    e.op('stablehlo.compare', [x!, y!], tensor('bool', []), compareAttributes(direction, kind)),
  ])
  return e.multi('stablehlo.sort', ins, outs, `dimension = ${axis} : i64, is_stable = true`, region)
}

/**
 * Where each sorted element comes from (s32). The keys, as integers of the same order, and their places are
 * packed into one s64 each: XLA sorts single integers on a CPU 5 to 8 times as fast as keys with payload
 * (f32[1000000]: 42 ms against 243), and the places make it stable.
 */
function sortedPlaces(e: StableHloEmitter, key: HloRef, axis: number, descending: boolean): HloRef {
  const { shape } = key.type
  const wide = tensor('s64', shape)
  const narrow = tensor('s32', shape)
  const high = e.op('stablehlo.shift_left', [orderedKey(e, key, descending), e.splat(wide, 32)], wide)
  const places = e.op('stablehlo.iota', [], wide, `iota_dimension = ${axis} : i64`)
  const packed = e.op('stablehlo.or', [high, places], wide)
  const [sorted] = sortDirectly(e, [packed], axis, false, [wide])
  return e.op('stablehlo.convert', [sorted!], narrow)
}

/** An s64 in the range of s32 that stands in the order of the key: smaller ones come first. */
function orderedKey(e: StableHloEmitter, key: HloRef, descending: boolean): HloRef {
  const { dtype, shape } = key.type
  const wide = tensor('s64', shape)
  const turned = (x: HloRef) => (descending ? e.op('stablehlo.not', [x], wide) : x)
  const widened = (x: HloRef) => e.op('stablehlo.convert', [x], wide)
  // Unsigned numbers are moved to the middle of the range.
  if (dtype === 'u32') return turned(e.op('stablehlo.subtract', [widened(key), e.splat(wide, 2 ** 31)], wide))
  if (!isFloat(dtype)) return turned(widened(key))
  const float = tensor('f32', shape)
  const whole = tensor('s32', shape)
  const truth = tensor('bool', shape)
  const value = dtype === 'f32' ? key : e.op('stablehlo.convert', [key], float)
  const is = (direction: string, x: HloRef, y: HloRef, kind: 'FLOAT' | 'SIGNED') =>
    e.op('stablehlo.compare', [x, y], truth, compareAttributes(direction, kind))
  const pick = (condition: HloRef, x: HloRef, y: HloRef) =>
    e.op('stablehlo.select', [condition, x, y], x.type)
  // The bits of floats stand in order as integers, those of negative ones once all but the sign is turned.
  const bits = e.op('stablehlo.bitcast_convert', [value], whole)
  const flipped = e.op('stablehlo.xor', [bits, e.splat(whole, 2 ** 31 - 1)], whole)
  const ordered = pick(is('LT', bits, e.splat(whole, 0), 'SIGNED'), flipped, bits)
  const zeroless = pick(is('EQ', value, e.splat(float, 0), 'FLOAT'), e.splat(whole, 0), ordered)
  const last = e.splat(wide, 2 ** 31 - 1)
  return pick(is('NE', value, value, 'FLOAT'), last, turned(widened(zeroless)))
}
