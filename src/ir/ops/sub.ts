import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { binary, notBool } from './rules.ts'
import { byKernel } from './tfjsRules.ts'

/** x - y; integers wrap. */
export const sub = definePrimitive({
  name: 'sub',
  type: ins => [notBool(binary(ins))],
  vjp: ({ b, ct }) => [ct, b.neg(ct)],
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => wrap(out!.dtype, x! - y!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.subtract', ins, out!)],
  tfjs: byKernel('Sub', (x, y) => x! - y!),
  jax: ([x, y]) => `${x} - ${y}`,
  cases: [
    { in: ['f32[2,3]', 'f32[2,3]'] },
    {
      in: [
        { type: 'u32[6]', range: [0, 4294967295] },
        { type: 'u32[6]', range: [0, 4294967295] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u8[6]', range: [0, 255] },
        { type: 'u8[6]', range: [0, 255] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's64[4]', range: [-1000000.0, 1000000.0] },
        { type: 's64[4]', range: [-1000000.0, 1000000.0] },
      ],
      tol: 0,
    },
    { in: ['bf16[2,3]', 'bf16[2,3]'], tol: 0.02 },
    ...casesIn(['s32'], ['T[6]', 'T[6]']),
  ],
})
