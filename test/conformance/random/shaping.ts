import type { Var } from '../../../src/ir/program.ts'
import { elementCount, sameShape, tensor } from '../../../src/ir/types.ts'
import { alongAll, alongAxis, axisOf, type Operation, partner } from './place.ts'

/** Sums, contractions and movements of elements. */
export const shapingOperations: Readonly<Record<string, Operation>> = {
  broadcastRow: alongAxis((b, x, axis) =>
    b.add(
      x,
      b.mean(
        x,
        [...x.type.shape.keys()].filter(i => i < axis),
      ),
    ),
  ),
  broadcastColumn: alongAxis((b, x, axis) => {
    const kept = x.type.shape.map((d, i) => (i === axis ? 1 : d))
    return b.sub(x, b.reshape(b.mean(x, [axis]), kept))
  }),
  outer: at => {
    const y = partner(at, v => v.type.shape.length === 1)
    return y && at.b.mul(at.b.reshape(at.x, [...at.x.type.shape, 1]), at.b.tanh(y))
  },
  sum: alongAxis((b, x, axis) => b.tanh(b.sum(x, [axis]))),
  sumAll: ({ b, x }) => b.tanh(b.sum(x, [...x.type.shape.keys()])),
  reduceProd: alongAxis((b, x, axis) => b.reduceProd(b.tanh(x), [axis])),
  cumsum: alongAxis((b, x, axis, detail) =>
    b.tanh(b.cumsum(x, axis, { reverse: detail % 2 === 0, exclusive: (detail >> 1) % 2 === 0 })),
  ),
  flatten: ({ b, x }) => b.reshape(x, [elementCount(x.type.shape)]),
  split: alongAxis((b, x, axis) => {
    const n = x.type.shape[axis]!
    const parts = n % 2 === 0 ? [2, n / 2] : [1, n]
    return b.reshape(
      x,
      x.type.shape.flatMap((d, i) => (i === axis ? parts : [d])),
    )
  }),
  transpose: ({ b, x, detail }) => {
    const left = [...x.type.shape.keys()]
    let rest = detail
    const permutation = x.type.shape.map(() => {
      const at = rest % left.length
      rest = Math.floor(rest / left.length)
      return left.splice(at, 1)[0]!
    })
    return b.transpose(x, permutation)
  },
  slice: alongAxis((b, x, axis, detail) => {
    const n = x.type.shape[axis]!
    const from = detail % n
    const start = alongAll(x, axis, from, 0)
    const limit = x.type.shape.map((d, i) => (i === axis ? from + 1 + ((detail >> 3) % (n - from)) : d))
    return b.slice(x, start, limit, alongAll(x, axis, 1 + (detail % 3), 1))
  }),
  pad: alongAxis((b, x, axis, detail) => {
    const [low, high, inner] = [detail % 3, (detail >> 2) % 3, (detail >> 4) % 2]
    return b.pad(x, alongAll(x, axis, low, 0), alongAll(x, axis, high, 0), 0.25, alongAll(x, axis, inner, 0))
  }),
  reverse: alongAxis((b, x, axis) => b.reverse(x, [axis])),
  dynamicUpdateSlice: at => {
    const { b, x, detail } = at
    const fits = (v: Var) =>
      v.type.shape.length === x.type.shape.length && v.type.shape.every((d, i) => d <= x.type.shape[i]!)
    const update = partner(at, fits) ?? x
    const starts = x.type.shape.map((_, i) => b.scalar('s32', ((detail >> i) % 7) - 2))
    return b.dynamicUpdateSlice(b.neg(x), update, starts)
  },
  concatenate: alongAxis((b, x, axis) => b.concatenate([x, b.neg(x)], axis)),
  gather: alongAxis((b, x, axis, detail) => {
    const shape = x.type.shape
    const n = shape[axis]!
    const ids = b.constant(
      tensor('s32', [3]),
      [detail, detail + 1, detail * 7].map(v => v % n),
    )
    return b.gather(x, ids, {
      offsetDims: [...shape.keys()].filter(i => i !== axis),
      collapsedDims: [axis],
      operandBatch: [],
      indexBatch: [],
      startIndexMap: [axis],
      indexVectorDim: 1,
      sliceSizes: shape.map((d, i) => (i === axis ? 1 : d)),
    })
  }),
  dot: at => {
    const axis = axisOf(at)
    if (axis === null) return null
    const n = at.x.type.shape[axis]!
    const y = partner(at, v => v.type.shape.includes(n)) ?? at.x
    const contracted = at.b.dotGeneral(at.x, y, {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [axis],
      rhsContract: [y.type.shape.lastIndexOf(n)],
    })
    return at.b.tanh(at.b.mul(contracted, 1 / n))
  },
  batchedDot: at => {
    const y = partner(at, v => sameShape(v.type.shape, at.x.type.shape)) ?? at.x
    const axes = [...at.x.type.shape.keys()]
    if (axes.length < 2) return null
    const rotated = axes.map((_, i) => axes[(i + at.detail) % axes.length]!)
    const [batch, ...contracted] = rotated
    const free = contracted.length > 1 ? contracted.slice(0, -1) : contracted
    const dims = { lhsBatch: [batch!], rhsBatch: [batch!], lhsContract: free, rhsContract: free }
    return at.b.tanh(at.b.mul(at.b.dotGeneral(at.x, y, dims), 0.2))
  },
}
