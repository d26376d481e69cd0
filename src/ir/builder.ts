import { BuildError, type Shape } from './builder/base.ts'
import { ControlBuilder } from './builder/control.ts'
import type { Operand } from './builder/elementwise.ts'
import * as ops from './ops/index.ts'
import type { Var } from './program.ts'
import { elementCount, isFloat, showType } from './types.ts'

export { BuildError } from './builder/base.ts'
export { broadcastShape, type Operand } from './builder/elementwise.ts'

/**
 * Builds a program equation by equation: contractions, reductions, indexing and random bits here, the
 * elementwise methods, control flow and the shaping of arrays in the classes that it extends.
 */
export class Builder extends ControlBuilder {
  dotGeneral(x: Var, y: Var, dims: ops.DotDims): Var {
    return this.one(ops.dotGeneral, [x, y], dims)
  }
  /** `x` [N, spatial…, I] with `kernel` [spatial…, I / groups, O]. */
  convolution(x: Var, kernel: Var, dims: ops.ConvolutionDims): Var {
    return this.one(ops.convolution, [x, kernel], dims)
  }
  /** The largest element or the sum of each window. */
  reduceWindow(kind: 'max' | 'sum', x: Var, dims: ops.WindowDims): Var {
    return this.one(ops.reduceWindow, [x], { kind, ...dims })
  }
  sum(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceSum, [x], { axes })
  }
  reduceMax(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceMax, [x], { axes })
  }
  reduceMin(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceMin, [x], { axes })
  }
  reduceProd(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceProd, [x], { axes })
  }
  /** Whether every bool over the axes is true. */
  reduceAnd(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceAnd, [x], { axes })
  }
  /** Whether any bool over the axes is true. */
  reduceOr(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceOr, [x], { axes })
  }
  /** Running sums along one axis, from its start; `exclusive` ones leave each element out of its own. */
  cumsum(x: Var, axis: number, options: { reverse?: boolean; exclusive?: boolean } = {}): Var {
    return this.one(ops.cumsum, [x], {
      axis,
      reverse: options.reverse ?? false,
      exclusive: options.exclusive ?? false,
    })
  }
  /** Index (s32) of the largest element along one axis; the first where several are equal. */
  argmax(x: Var, axis: number): Var {
    return this.one(ops.argmax, [x], { axis })
  }
  /** Index (s32) of the smallest element along one axis; the first of equals; a NaN counts as -∞. */
  argmin(x: Var, axis: number): Var {
    return this.argmax(this.neg(x), axis)
  }
  /** Sorts all of `xs` along an axis by the first of them; equal keys keep their order, NaN comes last. */
  sort(xs: readonly Var[], axis: number, options: { descending?: boolean } = {}): readonly Var[] {
    return this.apply(ops.sort, xs, { axis, descending: options.descending ?? false })
  }
  /**
   * The `k` largest elements along an axis in descending order, and their indices (s32); the first of equals
   * first, a NaN counts as +∞.
   */
  topK(x: Var, k: number, axis: number): [values: Var, indices: Var] {
    const axes = [...x.type.shape.keys()].filter(i => i !== axis)
    const back = x.type.shape.map((_, i) => (i < axis ? i : i === axis ? axes.length : i - 1))
    const [values, indices] = this.apply(ops.topK, [this.transpose(x, [...axes, axis])], { k })
    return [this.transpose(values!, back), this.transpose(indices!, back)]
  }
  /** The window of `sizes` at computed starts (s32), one an axis; moved inside where it would reach outside. */
  dynamicSlice(x: Var, starts: readonly Operand[], sizes: Shape): Var {
    return this.one(ops.dynamicSlice, [x, ...this.starts(starts)], { sizes })
  }
  /** `x` with the window at computed starts (s32), one an axis, replaced by `update`. */
  dynamicUpdateSlice(x: Var, update: Var, starts: readonly Operand[]): Var {
    return this.one(ops.dynamicUpdateSlice, [x, update, ...this.starts(starts)], {})
  }
  private starts(starts: readonly Operand[]): Var[] {
    return starts.map(s => (typeof s === 'number' ? this.scalar('s32', s) : s))
  }
  gather(x: Var, indices: Var, dims: ops.GatherDims): Var {
    return this.one(ops.gather, [x, indices], dims)
  }
  scatterAdd(x: Var, indices: Var, updates: Var, dims: ops.ScatterDims): Var {
    return this.one(ops.scatterAdd, [x, indices, updates], dims)
  }
  /** Threefry-2x32: `key` is u32[2], the counters are two arrays of one shape; gives two arrays of bits. */
  threefry(key: Var, x0: Var, x1: Var): [Var, Var] {
    const [a, c] = this.apply(ops.threefry2x32, [key, x0, x1], {})
    return [a!, c!]
  }

  /** The same values; the compiler moves no work across and merges nothing over it. */
  optimizationBarrier(xs: readonly Var[]): readonly Var[] {
    return xs.length === 0 ? [] : this.apply(ops.optimizationBarrier, xs, {})
  }

  /** Mean over axes, in the value's own float type. */
  mean(x: Var, axes: Shape): Var {
    if (!isFloat(x.type.dtype))
      throw new BuildError(`mean of ${showType(x.type)}: not a float`, this.currentOrigin)
    return this.mul(this.sum(x, axes), 1 / elementCount(axes.map(a => x.type.shape[a]!)))
  }
}
