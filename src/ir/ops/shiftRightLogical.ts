import { definePrimitive, TypeFault } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { showType } from '../types.ts'
import { binary } from './rules.ts'
import { byElement } from './tfjsRules.ts'

/** Bits of x moved right by y places, zeros moved in; nothing is left of a shift by 32 or more. */
export const shiftRightLogical = definePrimitive({
  name: 'shift_right_logical',
  type: ins => {
    const x = binary(ins)
    if (x.dtype !== 'u32') throw new TypeFault(`needs u32, got ${showType(x)}`)
    return [x]
  },
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => (y! < 32 ? x! >>> y! : 0)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.shift_right_logical', ins, out!)],
  tfjs: byElement((x, y) => (y! < 32 ? x! >>> y! : 0)),
  jax: ([x, y]) => `lax.shift_right_logical(${x}, ${y})`,
  cases: [
    {
      in: [
        { type: 'u32[6]', range: [0, 4294967295] },
        { type: 'u32[6]', range: [0, 40] },
      ],
      tol: 0,
    },
  ],
})
