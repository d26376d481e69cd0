import type { DType } from '../types.ts'

/** Sizes of sliding windows, shared by convolution and pooling. */

/** Extent of `n` elements that stand `dilation` apart. */
export const dilated = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1)

/** How many windows fit in `size` elements. */
export const windowCount = (size: number, window: number, stride: number): number =>
  size < window ? 0 : Math.floor((size - window) / stride) + 1

const LOWEST: Partial<Record<DType, number>> = { s32: -(2 ** 31), s64: -(2 ** 63), u32: 0, u8: 0 }

/** What every value of a dtype is at least: where a maximum starts. */
export const lowest = (dtype: DType): number => LOWEST[dtype] ?? -Infinity
