import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { notBool, same } from './rules.ts'

/** The larger of x and y; where they are equal the gradient goes to x. */
export const max = definePrimitive({
  name: 'max',
  type: ins => [notBool(same(ins))],
  vjp: ({ b, ins: [x, y], ct }) => {
    const first = b.compare('GE', x!, y!)
    return [b.select(first, ct, 0), b.select(first, 0, ct)]
  },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => wrap(out!.dtype, Math.max(x!, y!))),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.maximum', ins, out!)],
  cases: [
    { in: ['f32[2,3]', 'f32[2,3]'], tol: 0 },
    {
      in: [
        { type: 's32[4]', range: [-9, 9] },
        { type: 's32[4]', range: [-9, 9] },
      ],
      tol: 0,
    },
  ],
})
