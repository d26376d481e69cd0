import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { type DType, isFloat, tensor } from '../types.ts'
import { unary } from './rules.ts'

/**
 * The same numbers in another dtype. Floats become integers towards zero; a bool becomes 0 or 1, and
 * numbers become bools by "is not 0". A float out of an integer's range gives an unspecified value.
 */
export const convert = definePrimitive<{ readonly dtype: DType }>({
  name: 'convert',
  type: (ins, { dtype }) => [tensor(dtype, unary(ins).shape)],
  vjp: ({ b, ins: [x], ct }) => [isFloat(x!.type.dtype) ? b.convert(ct, x!.type.dtype) : null],
  reference: (ins, { dtype }, [out]) =>
    refMap(out!, ins, x => {
      if (isFloat(dtype)) return x!
      return dtype === 'bool' ? Number(x !== 0) : wrap(dtype, Math.trunc(x!))
    }),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.convert', ins, out!)],
  tfjs: (tf, [x], { dtype }, [out]) => {
    if (isFloat(dtype))
      return [isFloat(x!.type.dtype) ? tf.elementwise('Identity', [x!], out!) : tf.map([x!], out!, v => v!)]
    return [tf.map([x!], out!, dtype === 'bool' ? v => Number(v !== 0) : v => Math.trunc(v!))]
  },
  jax: ([x], { dtype }, j) => `${x}.astype(${j.dtype(dtype)})`,
  cases: [
    { in: [{ type: 'f32[2,3]', range: [-7, 7] }], params: { dtype: 's32' }, tol: 0 },
    { in: [{ type: 'u8[2,3]', range: [0, 255] }], params: { dtype: 'f32' }, tol: 0 },
    { in: [{ type: 'bool[4]', range: [0, 1] }], params: { dtype: 'f32' }, tol: 0 },
    { in: [{ type: 's32[4]', range: [-2, 2] }], params: { dtype: 'bool' }, tol: 0 },
    { in: ['f32[3]'], params: { dtype: 'bf16' }, tol: 0.01 },
    { in: [{ type: 'u32[4]', range: [0, 16777215] }], params: { dtype: 'f32' }, tol: 0 },
    { in: [{ type: 's32[6]', range: [-300, 300] }], params: { dtype: 'u8' }, tol: 0 },
    { in: [{ type: 's32[4]', range: [-300, 300] }], params: { dtype: 'u32' }, tol: 0 },
    { in: [{ type: 's32[4]', range: [-300, 300] }], params: { dtype: 's64' }, tol: 0 },
    {
      in: [{ type: 's64[6]', range: [-1000000000000.0, 1000000000000.0] }],
      params: { dtype: 's32' },
      tol: 0,
    },
    { in: [{ type: 'f32[6]', range: [0, 255] }], params: { dtype: 'u8' }, tol: 0 },
    { in: [{ type: 'u8[4]', range: [0, 255] }], params: { dtype: 's32' }, tol: 0 },
    { in: [{ type: 'bool[4]', range: [0, 1] }], params: { dtype: 'u8' }, tol: 0 },
    { in: [{ type: 'u8[6]', range: [0, 2] }], params: { dtype: 'bool' }, tol: 0 },
    { in: ['bf16[2,3]'], params: { dtype: 'f32' }, tol: 0 },
    { in: [{ type: 'bf16[4]', range: [-7, 7] }], params: { dtype: 's32' }, tol: 0 },
    { in: [{ type: 'u8[4]', range: [0, 255] }], params: { dtype: 'bf16' }, tol: 0 },
  ],
})
