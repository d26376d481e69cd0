import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { binary, floatLike } from './rules.ts'
import { byElement } from './tfjsRules.ts'

/** x^y as IEEE 754 has it: 1 to any power is 1, NaN among them, and so is −1 to an infinite one. */
function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && !Number.isFinite(y) && !Number.isNaN(y))) return 1
  return x ** y
}

/**
 * x to the power y; NaN where x is below 0 and y is not whole. d = ct · y · x^(y-1), which is 0 for y = 0
 * whatever x is, and ct · log x · x^y, which is taken as 0 where x is 0 and is NaN below it.
 */
export const pow = definePrimitive({
  name: 'pow',
  type: ins => [floatLike(binary(ins))],
  vjp: ({ b, ins: [x, y], outs: [z], ct, needs }) => {
    const slope = () => b.select(b.compare('EQ', y!, 0), 0, b.mul(y!, b.pow(x!, b.sub(y!, 1))))
    const log = () => b.log(b.select(b.compare('EQ', x!, 0), 1, x!))
    return [needs[0] ? b.mul(ct, slope()) : null, needs[1] ? b.mul(ct, b.mul(log(), z!)) : null]
  },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => power(x!, y!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.power', ins, out!)],
  tfjs: byElement((x, y) => power(x!, y!)),
  jax: ([x, y]) => `lax.pow(${x}, ${y})`,
  cases: [
    {
      in: [
        { type: 'f32[3,5]', range: [0.1, 3] },
        { type: 'f32[3,5]', range: [-2, 3] },
      ],
    },
    {
      in: [
        { type: 'bf16[2,3]', range: [0.5, 2] },
        { type: 'bf16[2,3]', range: [-1, 2] },
      ],
      tol: 0.03,
    },
  ],
})
