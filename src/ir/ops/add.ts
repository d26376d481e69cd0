import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { notBool, same } from './rules.ts'

/** x + y; integers wrap. */
export const add = definePrimitive({
  name: 'add',
  type: ins => [notBool(same(ins))],
  vjp: ({ ct }) => [ct, ct],
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => wrap(out!.dtype, x! + y!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.add', ins, out!)],
  cases: [
    { in: ['f32[2,3]', 'f32[2,3]'] },
    {
      in: [
        { type: 'u32[6]', range: [0, 4294967295] },
        { type: 'u32[6]', range: [0, 4294967295] },
      ],
      tol: 0,
    },
  ],
})
