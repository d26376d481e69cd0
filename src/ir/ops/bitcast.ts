import { definePrimitive, TypeFault } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { byteSize, type DType, showType, tensor } from '../types.ts'
import { unary } from './rules.ts'

const view = new DataView(new ArrayBuffer(4))
const write: Partial<Record<DType, (x: number) => void>> = {
  f32: x => view.setFloat32(0, x),
  s32: x => view.setInt32(0, x),
  u32: x => view.setUint32(0, x),
}
const read: Partial<Record<DType, () => number>> = {
  f32: () => view.getFloat32(0),
  s32: () => view.getInt32(0),
  u32: () => view.getUint32(0),
}

/** Reads the same 32 bits as another dtype. */
export const bitcast = definePrimitive<{ readonly dtype: DType }>({
  name: 'bitcast',
  type: (ins, { dtype }) => {
    const x = unary(ins)
    if (byteSize(x.dtype) !== 4 || byteSize(dtype) !== 4)
      throw new TypeFault(`only 32-bit dtypes can be re-read, got ${showType(x)} as ${dtype}`)
    return [tensor(dtype, x.shape)]
  },
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: ([x], { dtype }, [out]) =>
    refMap(out!, [x!], v => {
      write[x!.type.dtype]!(v!)
      return read[dtype]!()
    }),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.bitcast_convert', ins, out!)],
  tfjs: (tf, ins, _, outs) =>
    tf.host(ins, outs, ([x], [y]) => {
      new Uint8Array(y!.buffer).set(new Uint8Array(x!.buffer, x!.byteOffset, x!.byteLength))
    }),
  jax: ([x], { dtype }, j) => `lax.bitcast_convert_type(${x}, ${j.dtype(dtype)})`,
  cases: [
    { in: ['f32[4]'], params: { dtype: 'u32' }, tol: 0 },
    { in: [{ type: 'u32[4]', range: [1065353216, 1073741823] }], params: { dtype: 'f32' }, tol: 0 },
    { in: [{ type: 's32[4]', range: [-9, 9] }], params: { dtype: 'u32' }, tol: 0 },
  ],
})
