import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { isFloat } from '../types.ts'
import { casesIn } from './cases.ts'
import { binary, notBool } from './rules.ts'
import { byKernel } from './tfjsRules.ts'

/** x · y; 32-bit integers wrap. */
export const mul = definePrimitive({
  name: 'mul',
  type: ins => [notBool(binary(ins))],
  vjp: ({ b, ins: [x, y], ct, needs }) => [needs[0] ? b.mul(ct, y!) : null, needs[1] ? b.mul(ct, x!) : null],
  reference: (ins, _, [out]) =>
    refMap(out!, ins, (x, y) => {
      if (isFloat(out!.dtype) || out!.dtype === 's64') return x! * y!
      return wrap(out!.dtype, Math.imul(x!, y!))
    }),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.multiply', ins, out!)],
  tfjs: byKernel('Multiply', (x, y) => Math.imul(x!, y!)),
  jax: ([x, y]) => `${x} * ${y}`,
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
