import type { RefTensor } from '../ir/reference.ts'
import { byteLength, type DType, elementCount, type TensorType, tensor } from '../ir/types.ts'
import type { HostArray } from './backend.ts'

type Typed = Float32Array | Int32Array | Uint32Array | Uint8Array

const VIEWS: Partial<Record<DType, new (b: ArrayBufferLike, o: number, n: number) => Typed>> = {
  f32: Float32Array,
  s32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
}

/** A typed view of the bytes; `bf16` and `s64` have none and are read with `toNumbers`. */
export function view(array: HostArray): Typed {
  const View = VIEWS[array.type.dtype]
  if (!View) throw new Error(`no typed view of ${array.type.dtype}`)
  const { bytes } = array
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new View(aligned.buffer, aligned.byteOffset, elementCount(array.type.shape))
}

/** Numbers to bytes in the type's dtype, rounding to nearest. */
export function hostArray(type: TensorType, values: ArrayLike<number>): HostArray {
  const n = elementCount(type.shape)
  if (values.length !== n) throw new Error(`${values.length} values for ${n} elements of ${type.dtype}`)
  const bytes = new Uint8Array(byteLength(type))
  if (type.dtype === 's64') {
    const out = new BigInt64Array(bytes.buffer)
    for (let i = 0; i < n; i++) out[i] = BigInt(values[i]!)
  } else if (type.dtype === 'bf16') {
    const wide = new Uint32Array(Float32Array.from(values).buffer)
    const out = new Uint16Array(bytes.buffer)
    for (let i = 0; i < n; i++) out[i] = (wide[i]! + 0x7fff + ((wide[i]! >>> 16) & 1)) >>> 16
  } else {
    const out = view({ type, bytes })
    for (let i = 0; i < n; i++) out[i] = values[i]!
  }
  return { type, bytes }
}

/** Bytes to numbers, exactly. */
export function toNumbers(array: HostArray): Float64Array {
  const { type, bytes } = array
  const n = elementCount(type.shape)
  if (type.dtype === 's64') return Float64Array.from(new BigInt64Array(bytes.slice().buffer), Number)
  if (type.dtype === 'bf16') {
    const wide = Uint32Array.from(new Uint16Array(bytes.slice().buffer), h => h << 16)
    return Float64Array.from(new Float32Array(wide.buffer, 0, n))
  }
  return Float64Array.from(view(array))
}

export const scalarArray = (dtype: DType, value: number): HostArray => hostArray(tensor(dtype, []), [value])

export const toReference = (array: HostArray): RefTensor => ({ type: array.type, data: toNumbers(array) })
