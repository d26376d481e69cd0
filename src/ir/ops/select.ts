import { definePrimitive, TypeFault } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { isFloat, sameShape, showType } from '../types.ts'
import { casesIn } from './cases.ts'
import { binary, operands } from './rules.ts'

/** Where the condition is true, x, else y. */
export const select = definePrimitive({
  name: 'select',
  type: ins => {
    const [c, x, y] = operands(ins, 3)
    const out = binary([x!, y!])
    if (c!.dtype !== 'bool' || !sameShape(c!.shape, out.shape))
      throw new TypeFault(`the condition must be bool[${out.shape}], got ${showType(c!)}`)
    return [out]
  },
  vjp: ({ b, ins: [c], ct, needs }) => [
    null,
    needs[1] ? b.select(c!, ct, 0) : null,
    needs[2] ? b.select(c!, 0, ct) : null,
  ],
  reference: (ins, _, [out]) => refMap(out!, ins, (c, x, y) => (c ? x! : y!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.select', ins, out!)],
  tfjs: (tf, ins, _, [out]) => [
    isFloat(out!.dtype) ? tf.elementwise('Select', ins, out!) : tf.map(ins, out!, (c, x, y) => (c ? x! : y!)),
  ],
  jax: ([c, x, y]) => `jnp.where(${c}, ${x}, ${y})`,
  cases: [
    { in: [{ type: 'bool[2,3]', range: [0, 1] }, 'f32[2,3]', 'f32[2,3]'], tol: 0 },
    {
      in: [
        { type: 'bool[4]', range: [0, 1] },
        { type: 's32[4]', range: [-9, 9] },
        { type: 's32[4]', range: [-9, 9] },
      ],
      tol: 0,
    },
    { in: [{ type: 'bool[]', range: [0, 1] }, 'f32[]', 'f32[]'], tol: 0 },
    ...casesIn(['bf16', 'u32', 's64', 'u8', 'bool'], [{ type: 'bool[6]', range: [0, 1] }, 'T[6]', 'T[6]']),
  ],
})
