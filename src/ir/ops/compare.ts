import { definePrimitive, TypeFault } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { isFloat, tensor } from '../types.ts'
import { binary, compareAttributes, compareKind } from './rules.ts'

const TESTS: Record<string, (x: number, y: number) => boolean> = {
  EQ: (x, y) => x === y,
  NE: (x, y) => x !== y,
  LT: (x, y) => x < y,
  LE: (x, y) => x <= y,
  GT: (x, y) => x > y,
  GE: (x, y) => x >= y,
}

/** As Python writes them. */
const SIGNS: Record<string, string> = { EQ: '==', NE: '!=', LT: '<', LE: '<=', GT: '>', GE: '>=' }

/** The same in TensorFlow.js. */
const KERNELS: Record<string, string> = {
  EQ: 'Equal',
  NE: 'NotEqual',
  LT: 'Less',
  LE: 'LessEqual',
  GT: 'Greater',
  GE: 'GreaterEqual',
}

/** Elementwise comparison; a NaN compares unequal to everything. */
export const compare = definePrimitive<{ readonly direction: string }>({
  name: 'compare',
  type: (ins, { direction }) => {
    if (!TESTS[direction]) throw new TypeFault(`no comparison "${direction}"`)
    return [tensor('bool', binary(ins).shape)]
  },
  vjp: { notDifferentiable: 'a comparison gives bools' },
  reference: (ins, { direction }, [out]) => {
    const test = TESTS[direction]!
    return refMap(out!, ins, (x, y) => (test(x!, y!) ? 1 : 0))
  },
  stablehlo: (e, ins, { direction }, [out]) => {
    const attributes = compareAttributes(direction, compareKind(ins[0]!.type.dtype))
    return [e.op('stablehlo.compare', ins, out!, attributes)]
  },
  tfjs: (tf, ins, { direction }, [out]) => {
    if (isFloat(ins[0]!.type.dtype)) return [tf.elementwise(KERNELS[direction]!, ins, out!)]
    const test = TESTS[direction]!
    return [tf.map(ins, out!, (x, y) => Number(test(x!, y!)))]
  },
  jax: ([x, y], { direction }) => `${x} ${SIGNS[direction]} ${y}`,
  cases: Object.keys(TESTS).flatMap(direction =>
    (
      [
        ['f32[2,3]', -2, 2],
        ['bf16[4]', -2, 2],
        ['s32[8]', -2, 2],
        ['u32[8]', 2147483646, 2147483649],
        ['u8[8]', 126, 129],
        ['s64[8]', -2, 2],
        ['bool[8]', 0, 1],
      ] as const
    ).map(([type, low, high]) => {
      const operand = { type, range: [low, high] as const }
      return { in: [operand, operand], params: { direction }, tol: 0 }
    }),
  ),
})
