import type { Builder } from '../../../src/ir/builder.ts'
import type { Var } from '../../../src/ir/program.ts'
import { type DType, elementCount, sameShape } from '../../../src/ir/types.ts'
import { uniform } from '../../../src/nn/random.ts'
import type { Operation, Place } from './place.ts'

type Whole = (b: Builder, n: Var, k: number) => Var

const DTYPES: readonly DType[] = ['s32', 'u32', 'u8', 's64']
const isSigned = (n: Var): boolean => n.type.dtype[0] === 's'

/** Keeps numbers so small that products are exact where the oracle holds integers as doubles. */
const small = (b: Builder, n: Var): Var => (n.type.dtype === 's64' ? b.and(n, 0xffff) : n)

const along = (n: Var, k: number): number => k % n.type.shape.length

/** Exact computations on integers of any dtype. */
const steps: readonly Whole[] = [
  (b, n, k) => b.add(n, k % 251),
  (b, n, k) => b.sub(n, k % 199),
  (b, n, k) => b.mul(small(b, n), 3 + (k % 97)),
  (b, n) => b.mul(small(b, n), small(b, n)),
  (b, n, k) => b.xor(n, k % 128),
  (b, n, k) => b.or(n, k % 64),
  (b, n, k) => b.and(n, 0x7f - (k % 32)),
  (b, n) => b.not(n),
  (b, n) => b.neg(n),
  (b, n, k) => b.shiftLeft(small(b, n), k % 7),
  (b, n, k) => {
    if (n.type.dtype === 'u32') return b.shiftRight(n, k % 9)
    return isSigned(n) ? b.shiftRightArithmetic(n, k % 9) : n
  },
  (b, n, k) => b.rem(n, 1 + (k % 53)),
  (b, n, k) => b.max(n, k % 90),
  (b, n, k) => b.min(n, k % 120),
  (b, n, k) => b.clamp(n, k % 9, 20 + (k % 80)),
  (b, n) => (isSigned(n) ? b.abs(n) : n),
  (b, n) => (isSigned(n) ? b.sign(n) : n),
  (b, n, k) => b.select(b.compare('LT', n, k % 70), b.add(n, 1), b.sub(n, 1)),
  (b, n, k) => b.convert(n, DTYPES[k % DTYPES.length]!),
  (b, n, k) => b.cumsum(small(b, n), along(n, k), { reverse: k % 2 === 0 }),
  (b, n, k) => b.sort([n], along(n, k), { descending: k % 2 === 0 })[0]!,
  (b, n, k) => b.reverse(n, [along(n, k)]),
  (b, n) => b.broadcast(b.sum(small(b, n), [0]), n.type.shape, [...n.type.shape.keys()].slice(1)),
  (b, n, k) => {
    const axis = along(n, k)
    const column = n.type.shape.map((d, i) => (i === axis ? 1 : d))
    return b.broadcastTo(b.reshape(b.reduceMax(n, [axis]), column), n.type.shape)
  },
  (b, n, k) =>
    b.dynamicUpdateSlice(n, b.sliceAxis(n, 0, 0, 1), [k % 4, ...n.type.shape.slice(1).map(() => 0)]),
]

/** Integers in x's shape: an input's where one fits, else counts. */
function source({ b, x, integers, detail }: Place, shape: readonly number[]): Var {
  const given = integers.find(v => sameShape(v.type.shape, shape) || elementCount(v.type.shape) === 1)
  const dtype = DTYPES[detail % DTYPES.length]!
  if (!given) return b.iota(dtype, shape, detail % shape.length)
  const wide = b.broadcastTo(b.reshape(given, elementCount(given.type.shape) === 1 ? [] : shape), shape)
  return b.convert(wide, x.type.dtype === 'bf16' ? 's32' : dtype)
}

/** Three steps on integers; their low bits scale x, and they are compared themselves. */
function integers(at: Place): Var {
  const { b, x, detail, sides } = at
  const shape = x.type.shape.length === 0 ? [1] : x.type.shape
  let n = source(at, shape)
  let rest = detail * 7 + 3
  for (let i = 0; i < 3; i++) {
    n = steps[rest % steps.length]!(b, n, detail)
    rest = Math.floor(rest / steps.length) + detail
  }
  const low = b.and(n, n.type.dtype === 'u8' ? 0xff : 0xffff)
  sides.push(low)
  const factor = b.add(b.mul(b.convert(b.and(low, 7), x.type.dtype), 0.125), 0.25)
  return b.mul(x, b.reshape(factor, x.type.shape))
}

export const integerOperations: Readonly<Record<string, Operation>> = {
  integers,
  uniform: ({ b, x, detail, sides }) => {
    const key = b.constant({ dtype: 'u32', shape: [2] }, [detail, (detail * 2654435761) % 2 ** 32])
    const noise = uniform(b, key, x.type.shape, -1, 1)
    if (x.type.shape.length > 0)
      sides.push(b.shiftRight(b.threefry(key, b.iota('u32', [3], 0), b.iota('u32', [3], 0))[1], 16))
    return b.mul(x, b.add(b.mul(b.convert(noise, x.type.dtype), 0.4), 0.6))
  },
}
