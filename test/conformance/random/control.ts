import type { Builder } from '../../../src/ir/builder.ts'
import type { Var } from '../../../src/ir/program.ts'
import { sameShape, type TensorType } from '../../../src/ir/types.ts'
import { allAxes, type Operation, type Place, partner } from './place.ts'

/** A small value of the given type made of v, and of `beside` where v has another shape. */
function fitted(b: Builder, v: Var, type: TensorType, beside: Var): Var {
  const like = b.convert(v, type.dtype)
  if (sameShape(v.type.shape, type.shape)) return b.tanh(like)
  return b.tanh(b.add(b.mul(beside, 0.7), b.mean(like, allAxes(v))))
}

/** A bool[] that no pass can see through, and no rounding changes. */
const chosen = (b: Builder, detail: number): Var =>
  b.compare('GT', b.reduceMax(b.rem(b.add(b.iota('s32', [3], 0), detail), 3), [0]), detail % 4)

/** Steps along x's first axis: a carry of a row, and a captured value. */
function scan(at: Place): Var | null {
  const { b, x, detail, inner } = at
  const [length, ...row] = x.type.shape
  if (length === undefined) return null
  const outside = partner(at, v => sameShape(v.type.shape, row))
  const init = detail % 2 ? b.mean(x, [0]) : b.fill({ dtype: x.type.dtype, shape: row }, 0.5)
  const { carry, ys } = b.scan(
    [init, b.scalar('s32', 0)],
    [x],
    (c, [s, n], [slice]) => {
      const last = inner(c, [...(outside ? [c.mul(outside, 0.5)] : []), s!, slice!])
      const next = fitted(c, last, s!.type, s!)
      const weight = c.add(c.mul(c.convert(n!, x.type.dtype), 0.25), 0.5)
      return { carry: [next, c.add(n!, 1)], ys: [c.mul(c.convert(last, x.type.dtype), weight), next] }
    },
    { reverse: (detail >> 1) % 2 === 1, remat: (detail >> 2) % 2 === 1 },
  )
  return [carry[0]!, ys[0]!, ys[1]!][(detail >> 3) % 3]!
}

/** Control flow around random bodies. */
export const controlOperations: Readonly<Record<string, Operation>> = {
  remat: ({ b, x, pool, inner }) => b.remat(c => [inner(c, [pool[0]!, x])])[0]!,
  scan,
  repeat: ({ b, x, detail, inner }) =>
    b.scan([x], [], (c, [s]) => ({ carry: [fitted(c, inner(c, [s!]), x.type, s!)] }), {
      length: detail % 4,
      remat: (detail >> 2) % 2 === 1,
    }).carry[0]!,
  cond: ({ b, x, detail, body, inner }) =>
    b.cond(
      chosen(b, detail),
      c => [fitted(c, inner(c, [x]), x.type, x)],
      c => [fitted(c, inner(c, [x], body.toReversed()), x.type, x)],
    )[0]!,
  // No gradient goes through a loop of unknown length, so it scales what one goes through.
  while: ({ b, x, detail, inner }) => {
    const [, end] = b.while(
      [b.scalar('s32', detail % 3), b.stopGradient(x)],
      (c, [n]) => c.compare('LT', n!, 3),
      (c, [n, s]) => [c.add(n!, 1), fitted(c, inner(c, [s!]), x.type, s!)],
    )
    return b.mul(x, b.tanh(end!))
  },
  customVjp: ({ b, x, detail }) =>
    b.customVjp(
      [b.tanh(x), b.scalar('s32', 1 + (detail % 3))],
      (c, [y, n]) => ({
        outs: [c.mul(c.exp(y!), c.mul(c.convert(n!, x.type.dtype), 0.3))],
        saved: [c.exp(y!)],
      }),
      (c, { args, saved, cts }) => [
        c.mul(c.mul(cts[0]!, saved[0]!), c.mul(c.convert(args[1]!, x.type.dtype), 0.3)),
        null,
      ],
    )[0]!,
}
