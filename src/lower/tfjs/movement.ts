import type { Tensor } from '@tensorflow/tfjs-core'
import type { HostData, TfjsRef } from '../../ir/primitive.ts'
import { elementCount, isFloat, sameShape, stridesOf, type TensorType, tensor } from '../../ir/types.ts'
import { zeros } from './carrier.ts'
import { type Device, MOST_AXES } from './device.ts'
import { Frames } from './frames.ts'
import { copyStrided, type Layout, rowMajor } from './strided.ts'
import type { Value } from './value.ts'

/** The most axes that slice, pad and concatenate kernels take on every backend. */
const KERNEL_RANK = 5
/** Up to this many elements a tensor is kept on both sides once it was moved. */
const KEPT_TWICE = 1 << 14

/** Moves elements about, without a change to any: by kernels what lies in their memory, on the host what lies there. */
export class Movement extends Frames {
  protected readonly device: Device

  constructor(device: Device) {
    super()
    this.device = device
  }

  reshape(x: TfjsRef, shape: readonly number[]): TfjsRef {
    const v = x as Value
    const one = v.storedCount === 1
    const from = one || v.whole ? v : this.whole(v)
    return this.again(from, tensor(x.type.dtype, shape), one ? shape.map(() => 1) : shape)
  }

  broadcast(x: TfjsRef, shape: readonly number[], dims: readonly number[]): TfjsRef {
    const v = x as Value
    const stored = shape.map(() => 1)
    for (const [i, d] of dims.entries()) stored[d] = v.stored[i]!
    return this.again(v, tensor(x.type.dtype, shape), stored)
  }

  transpose(x: TfjsRef, permutation: readonly number[]): TfjsRef {
    const v = x as Value
    const pick = (list: readonly number[]): number[] => permutation.map(p => list[p]!)
    const out = tensor(x.type.dtype, pick(x.type.shape))
    const stored = pick(v.stored)
    const moved = permutation.filter(p => v.stored[p] !== 1)
    if (moved.every((p, i) => i === 0 || p > moved[i - 1]!)) return this.again(v, out, stored)
    if (v.device && isFloat(v.type.dtype)) {
      const device = this.device.transpose(v.device, v.stored, permutation)
      return this.make(out, { stored, device, exact: v.exact })
    }
    return this.copied(v, out, stored, { offset: 0, strides: pick(stridesOf(v.stored)) })
  }

  slice(
    x: TfjsRef,
    start: readonly number[],
    sizes: readonly number[],
    strides: readonly number[] = sizes.map(() => 1),
  ): TfjsRef {
    const v = x as Value
    const out = tensor(x.type.dtype, sizes)
    // An axis along which everything repeats stays one place, wherever the slice begins.
    const repeats = v.stored.map((n, i) => n === 1 && x.type.shape[i] !== 1)
    const begin = start.map((n, i) => (repeats[i] ? 0 : n))
    const size = sizes.map((n, i) => (repeats[i] ? 1 : n))
    if (sameShape(size, v.stored)) return this.again(v, out, size)
    if (this.byKernel(v) && strides.every((s, i) => s === 1 || size[i] === 1)) {
      const device = this.device.run('Slice', { x: v.device! }, { begin, size })
      return this.make(out, { stored: size, device, exact: v.exact })
    }
    const steps = stridesOf(v.stored)
    const offset = begin.reduce((p, n, i) => p + n * steps[i]!, 0)
    return this.copied(v, out, size, { offset, strides: steps.map((s, i) => s * strides[i]!) })
  }

  reverse(x: TfjsRef, axes: readonly number[]): TfjsRef {
    const v = x as Value
    const steps = stridesOf(v.stored)
    const turned = axes.filter(i => v.stored[i] !== 1)
    if (turned.length === 0) return this.again(v, x.type, v.stored)
    const offset = turned.reduce((p, i) => p + (v.stored[i]! - 1) * steps[i]!, 0)
    const strides = steps.map((s, i) => (turned.includes(i) ? -s : s))
    return this.copied(v, x.type, v.stored, { offset, strides })
  }

  pad(
    x: TfjsRef,
    value: number,
    low: readonly number[],
    high: readonly number[],
    interior: readonly number[] = low.map(() => 0),
  ): TfjsRef {
    const v = this.whole(x as Value)
    const from = x.type.shape
    const shape = from.map((n, i) => n + low[i]! + high[i]! + Math.max(0, n - 1) * interior[i]!)
    const out = tensor(x.type.dtype, shape)
    if (this.byKernel(v) && interior.every(n => n === 0)) {
      const paddings = low.map((n, i) => [n, high[i]!])
      const device = this.device.run('PadV2', { x: v.device! }, { paddings, constantValue: value })
      return this.make(out, { device, exact: v.exact })
    }
    const steps = stridesOf(shape)
    const host = zeros(out.dtype, elementCount(shape)).fill(value)
    const offset = low.reduce((p, n, i) => p + n * steps[i]!, 0)
    const strides = steps.map((s, i) => s * (interior[i]! + 1))
    copyStrided(this.hostOf(v), rowMajor(from), host, { offset, strides }, from)
    return this.make(out, { host, exact: v.exact })
  }

  concatenate(xs: readonly TfjsRef[], axis: number): TfjsRef {
    // TensorFlow's own kernel joins at least two.
    if (xs.length === 1) return xs[0]!
    const values = xs.map(x => this.whole(x as Value))
    const { dtype, shape } = xs[0]!.type
    const total = xs.reduce((n, x) => n + x.type.shape[axis]!, 0)
    const out = tensor(
      dtype,
      shape.map((n, i) => (i === axis ? total : n)),
    )
    const exact = values.every(v => v.exact)
    if (values.some(v => this.byKernel(v))) {
      const parts = values.map(v => this.deviceOf(v))
      return this.make(out, { device: this.device.run('Concat', parts, { axis }), exact })
    }
    const host = zeros(dtype, elementCount(out.shape))
    const strides = stridesOf(out.shape)
    let from = 0
    for (const v of values) {
      const into = { offset: from * strides[axis]!, strides }
      copyStrided(this.hostOf(v), rowMajor(v.type.shape), host, into, v.type.shape)
      from += v.type.shape[axis]!
    }
    return this.make(out, { host, exact })
  }

  /** Whether moving this by a kernel is possible and needs no upload first. */
  private byKernel(v: Value): boolean {
    return v.device !== undefined && isFloat(v.type.dtype) && v.stored.length <= KERNEL_RANK
  }

  /** The same elements in the same order under another type and shape. */
  private again(v: Value, type: TensorType, stored: readonly number[]): Value {
    const device = v.device && this.device.reshape(v.device, stored)
    return this.make(type, { stored, host: v.host, device, exact: v.exact })
  }

  private copied(v: Value, type: TensorType, stored: readonly number[], from: Layout): Value {
    const host = zeros(type.dtype, elementCount(stored))
    copyStrided(this.hostOf(v), from, host, rowMajor(stored), stored)
    return this.make(type, { stored, host, exact: v.exact })
  }

  whole(v: Value): Value {
    return this.stretched(v, v.type.shape)
  }

  /** Held with `stored` as its shape. */
  protected stretched(v: Value, stored: readonly number[]): Value {
    if (sameShape(v.stored, stored)) return v
    if (v.device && isFloat(v.type.dtype) && stored.length <= MOST_AXES && v.storedCount > 1)
      return this.make(v.type, { stored, device: this.device.stretch(v.device, stored), exact: v.exact })
    const steps = stridesOf(v.stored)
    return this.copied(v, v.type, stored, {
      offset: 0,
      strides: steps.map((s, i) => (v.stored[i] === 1 ? 0 : s)),
    })
  }

  protected deviceOf(v: Value): Tensor {
    v.device ??= this.device.upload(v.type.dtype, v.stored, v.host!)
    if (v.storedCount > KEPT_TWICE) v.host = undefined
    return v.device
  }

  hostOf(v: Value): HostData {
    if (v.host) return v.host
    const host = this.device.download(v.device!)
    if (v.storedCount <= KEPT_TWICE) v.host = host
    return host
  }
}
