import { bf16Bits, fromBf16Bits } from '../ir/bf16.ts'
import type { RefTensor } from '../ir/reference.ts'
import { byteLength, byteSize, type DType, elementCount, type TensorType, tensor } from '../ir/types.ts'
import type { HostArray } from './backend.ts'

type Typed = Float32Array | Int32Array | Uint32Array | Uint8Array

const VIEWS: Partial<Record<DType, new (b: ArrayBufferLike, o: number, n: number) => Typed>> = {
  f32: Float32Array,
  s32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
}

/**
 * The bytes as a typed array: the same memory where it is aligned for the dtype, else a copy. `bf16` and
 * `s64` have none and are read with `toNumbers`.
 */
export function view(array: HostArray): Typed {
  const View = VIEWS[array.type.dtype]
  if (!View) throw new Error(`no typed view of ${array.type.dtype}`)
  const { bytes } = array
  const aligned = bytes.byteOffset % byteSize(array.type.dtype) === 0 ? bytes : copyOf(bytes)
  return new View(aligned.buffer, aligned.byteOffset, elementCount(array.type.shape))
}

/** Numbers to bytes in the type's dtype: floats round to nearest, integers drop their fraction. */
export function hostArray(type: TensorType, values: ArrayLike<number>): HostArray {
  const n = elementCount(type.shape)
  if (values.length !== n) throw new Error(`${values.length} values for ${n} elements of ${type.dtype}`)
  const bytes = new Uint8Array(byteLength(type))
  if (type.dtype === 's64') {
    const out = new BigInt64Array(bytes.buffer)
    for (let i = 0; i < n; i++) out[i] = BigInt(Math.trunc(values[i]!))
  } else if (type.dtype === 'bf16') {
    const out = new Uint16Array(bytes.buffer)
    for (let i = 0; i < n; i++) out[i] = bf16Bits(values[i]!)
  } else if (type.dtype === 'bool') {
    for (let i = 0; i < n; i++) bytes[i] = values[i] === 0 ? 0 : 1
  } else {
    view({ type, bytes }).set(values)
  }
  return { type, bytes }
}

/** Bytes to numbers: exact, for `s64` up to 2⁵³. */
export function toNumbers(array: HostArray): Float64Array {
  const { type, bytes } = array
  if (type.dtype === 's64') return Float64Array.from(new BigInt64Array(copyOf(bytes).buffer), Number)
  if (type.dtype === 'bf16') return Float64Array.from(new Uint16Array(copyOf(bytes).buffer), fromBf16Bits)
  return Float64Array.from(view(array))
}

/** A copy at the start of its own memory, also of a Node `Buffer`, whose `slice` does not copy. */
const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)

export const scalarArray = (dtype: DType, value: number): HostArray => hostArray(tensor(dtype, []), [value])

export const toReference = (array: HostArray): RefTensor => ({ type: array.type, data: toNumbers(array) })
