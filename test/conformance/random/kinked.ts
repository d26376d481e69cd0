import type { Builder } from '../../../src/ir/builder.ts'
import type { Var } from '../../../src/ir/program.ts'
import { elementCount } from '../../../src/ir/types.ts'
import { alongAxis, elementwise, keys, type Operation } from './place.ts'

/** A positive value, away from 0. */
const positive = (b: Builder, x: Var): Var => b.add(b.abs(x), 0.5)

/** With jumps and bends, which rounding must not reach over: only in f32. */
export const kinkedOperations: Readonly<Record<string, Operation>> = {
  exp: ({ b, x }) => b.exp(b.min(x, 1)),
  log: ({ b, x }) => b.log(positive(b, x)),
  sqrt: ({ b, x }) => b.sqrt(positive(b, x)),
  rsqrt: ({ b, x }) => b.rsqrt(positive(b, x)),
  log1p: ({ b, x }) => b.log1p(b.abs(x)),
  expm1: ({ b, x }) => b.expm1(b.min(x, 1)),
  abs: ({ b, x }) => b.abs(x),
  straightThrough: ({ b, x, detail }) => {
    const values = [b.round(b.mul(x, 1.7)), b.sign(b.sub(x, 0.0123)), b.floor(b.add(b.mul(x, 1.3), 0.0371))]
    return b.straightThrough(values[detail % 3]!, b.tanh(x))
  },
  div: elementwise((b, x, y) => b.tanh(b.div(x, positive(b, y)))),
  pow: elementwise((b, x, y) => b.pow(positive(b, b.tanh(x)), b.tanh(y))),
  // The divisor is odd enough never to go evenly into a value.
  rem: elementwise((b, x, y) => b.rem(x, b.add(positive(b, y), 0.2171))),
  clamp: elementwise((b, x, y) => b.clamp(x, b.sub(b.abs(y), 1.234), b.add(b.abs(y), 0.111))),
  max: elementwise((b, x, y) => b.max(x, b.neg(y))),
  min: elementwise((b, x, y) => b.min(x, b.reverse(y, [...y.type.shape.keys()]))),
  select: elementwise((b, x, y) => b.select(b.compare('GT', x, 0.123), y, x)),
  // Elements that are equal share the gradient, so rounding must not make or part equals.
  reduceMax: alongAxis((b, x, axis, detail) => b.reduceMax(keys(b, x, axis, detail), [axis])),
  reduceMin: alongAxis((b, x, axis, detail) => b.reduceMin(keys(b, x, axis, detail), [axis])),
  sort: alongAxis((b, x, axis, detail) => {
    const [sorted, carried] = b.sort([keys(b, x, axis, detail), b.neg(x)], axis, {
      descending: detail % 2 === 0,
    })
    return b.tanh(b.add(b.mul(sorted!, 0.2), carried!))
  }),
  topK: alongAxis((b, x, axis, detail) => {
    const [values, indices] = b.topK(keys(b, x, axis, detail), 1 + (detail % x.type.shape[axis]!), axis)
    return b.tanh(b.mul(values, b.add(b.convert(indices, 'f32'), 0.5)))
  }),
  argmax: alongAxis((b, x, axis, detail) => {
    const best = b.convert(b.argmax(keys(b, x, axis, detail), axis), 'f32')
    return b.tanh(b.mul(b.sum(x, [axis]), b.mul(b.add(best, 1), 0.3)))
  }),
  dynamicSlice: alongAxis((b, x, axis, detail) => {
    const size = 1 + ((detail >> 2) % x.type.shape[axis]!)
    const from = b.sub(b.argmax(keys(b, b.reshape(x, [elementCount(x.type.shape)]), 0, detail), 0), 1)
    const starts = x.type.shape.map((_, i) => (i === axis ? from : 0))
    return b.dynamicSlice(
      x,
      starts,
      x.type.shape.map((d, i) => (i === axis ? size : d)),
    )
  }),
  throughBits: ({ b, x, detail }) => {
    const whole = b.convert(b.compare('LT', x, 0.213), 's32')
    const moved = b.shiftRightArithmetic(b.shiftLeft(b.sub(whole, 3), 30), 28 + (detail % 3))
    return b.mul(x, b.convert(b.rem(moved, 5), 'f32'))
  },
  throughBools: alongAxis((b, x, axis, detail) => {
    const bools = b.and(b.compare('GT', x, -0.456), b.isFinite(x))
    const one = detail % 2 ? b.reduceAnd(bools, [axis]) : b.reduceOr(bools, [axis])
    return b.mul(b.sum(x, [axis]), b.convert(one, 'f32'))
  }),
  runningCounts: alongAxis((b, x, axis, detail) => {
    const counts = b.cumsum(b.convert(b.compare('LT', x, 0.135), 's32'), axis, { reverse: detail % 2 === 0 })
    return b.mul(x, b.mul(b.convert(counts, 'f32'), 0.1))
  }),
  throughIntegers: ({ b, x }) => b.mul(x, b.convert(b.convert(b.compare('LT', x, 0.321), 's32'), 'f32')),
}
