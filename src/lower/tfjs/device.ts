import type { Tensor } from '@tensorflow/tfjs-core'
import type { HostData } from '../../ir/primitive.ts'
import { type DType, elementCount, isFloat } from '../../ir/types.ts'

/** TensorFlow.js, as its core package exports it. */
export type Tf = typeof import('@tensorflow/tfjs-core')

/** The most axes of elementwise kernels: those of WebAssembly give garbage for more, and no error. */
export const MOST_AXES = 6

/** The memory and the kernels of one TensorFlow.js backend: floats as float32, and bools. */
export class Device {
  private readonly tf: Tf
  /** The shape under which memory was first the right operand of a product. */
  private readonly packed = new WeakMap<object, string>()

  constructor(tf: Tf) {
    this.tf = tf
  }

  run(
    kernel: string,
    ins: Readonly<Record<string, Tensor>> | readonly Tensor[],
    attributes: Readonly<Record<string, unknown>> = {},
  ): Tensor {
    // TensorFlow.js takes lists where it asks for records, and attributes that its types don't list.
    return this.tf.engine().runKernel(kernel, ins as never, attributes as never) as Tensor
  }

  /**
   * A kernel that works element by element, on operands of `shape`, or with 1 for some of it where the kernel
   * stretches them itself.
   */
  elementwise(
    kernel: string,
    operands: readonly (readonly [string, Tensor])[],
    shape: readonly number[],
  ): Tensor {
    if (shape.length <= MOST_AXES) return this.run(kernel, Object.fromEntries(operands))
    const flat = operands.map(([key, x]) => [key, this.reshape(x, [elementCount(shape)])] as const)
    const y = this.run(kernel, Object.fromEntries(flat))
    const result = this.reshape(y, shape)
    for (const x of [y, ...flat.map(([, x]) => x)]) x.dispose()
    return result
  }

  upload(dtype: DType, shape: readonly number[], data: HostData): Tensor {
    if (!isFloat(dtype) && dtype !== 'bool') throw new Error(`kernels don't take ${dtype}`)
    return this.tf.tensor(data as Float32Array, [...shape], dtype === 'bool' ? 'bool' : 'float32')
  }

  download(tensor: Tensor): HostData {
    return tensor.dataSync() as HostData
  }

  /** x repeated along its axes of size 1 up to `shape`; multiplication is what every backend stretches fast. */
  stretch(x: Tensor, shape: readonly number[]): Tensor {
    const one = this.run('Fill', {}, { shape: [...shape], value: 1, dtype: 'float32' })
    const result = this.run('Multiply', { a: x, b: one })
    one.dispose()
    return result
  }

  /**
   * Products of matrices, a [N,I,K] and b [N,K,J]. The WASM backend packs b once for its memory, and knows it by
   * that alone: memory that it has seen as another matrix is copied first.
   */
  matmul(a: Tensor, b: Tensor): Tensor {
    const product = (right: Tensor) =>
      this.run('BatchMatMul', { a, b: right }, { transposeA: false, transposeB: false })
    if (this.tf.getBackend() !== 'wasm') return product(b)
    const shape = String(b.shape)
    const before = this.packed.get(b.dataId) ?? shape
    this.packed.set(b.dataId, before)
    if (before === shape) return product(b)
    const copy = this.run('Identity', { x: b })
    const result = product(copy)
    copy.dispose()
    return result
  }

  reshape(x: Tensor, shape: readonly number[]): Tensor {
    return this.run('Reshape', { x }, { shape: [...shape] })
  }

  /**
   * Axis i of the result is axis `permutation[i]` of x. One axis is moved at a time, past some neighbours at once:
   * the kernel of WebAssembly takes 100 times as long for five axes as for four.
   */
  transpose(x: Tensor, shape: readonly number[], permutation: readonly number[]): Tensor {
    const size = (axes: readonly number[]): number => elementCount(axes.map(a => shape[a]!))
    let order = [...permutation.keys()]
    let y = this.reshape(x, shape)
    const become = (next: Tensor): void => {
      y.dispose()
      y = next
    }
    for (const [i, axis] of permutation.entries()) {
      const at = order.indexOf(axis)
      if (at === i) continue
      const [before, passed, after] = [order.slice(0, i), order.slice(i, at), order.slice(at + 1)]
      become(this.reshape(y, [size(before), size(passed), shape[axis]!, size(after)]))
      become(this.run('Transpose', { x: y }, { perm: [0, 2, 1, 3] }))
      order = [...before, axis, ...passed, ...after]
    }
    const moved = permutation.map(a => shape[a]!)
    become(this.reshape(y, moved))
    return y
  }
}
