import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { isFloat, tensor } from '../types.ts'
import { same } from './rules.ts'

const TESTS: Record<string, (x: number, y: number) => boolean> = {
  EQ: (x, y) => x === y,
  NE: (x, y) => x !== y,
  LT: (x, y) => x < y,
  LE: (x, y) => x <= y,
  GT: (x, y) => x > y,
  GE: (x, y) => x >= y,
}

/** Elementwise comparison; a NaN compares unequal to everything. */
export const compare = definePrimitive<{ readonly direction: string }>({
  name: 'compare',
  type: ins => [tensor('bool', same(ins).shape)],
  vjp: { notDifferentiable: 'a comparison gives bools' },
  reference: (ins, { direction }, [out]) => {
    const test = TESTS[direction]!
    return refMap(out!, ins, (x, y) => (test(x!, y!) ? 1 : 0))
  },
  stablehlo: (e, ins, { direction }, [out]) => {
    const dtype = ins[0]!.type.dtype
    const kind = isFloat(dtype) ? 'FLOAT' : dtype[0] === 'u' || dtype === 'bool' ? 'UNSIGNED' : 'SIGNED'
    const attributes = `comparison_direction = #stablehlo<comparison_direction ${direction}>, compare_type = #stablehlo<comparison_type ${kind}>`
    return [e.op('stablehlo.compare', ins, out!, attributes)]
  },
  cases: Object.keys(TESTS).flatMap(direction => [
    { in: ['f32[2,3]', 'f32[2,3]'], params: { direction }, tol: 0 },
    {
      in: [
        { type: 's32[8]', range: [-2, 2] },
        { type: 's32[8]', range: [-2, 2] },
      ],
      params: { direction },
      tol: 0,
    },
  ]),
})
