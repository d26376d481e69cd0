import type { Case, CaseInput, Params } from '../primitive.ts'
import type { DType } from '../types.ts'

/** Pieces of case tables. */

/** Where values of a dtype come from: small floats, integers of all sizes. */
const RANGES: Record<DType, readonly [number, number]> = {
  f32: [-2, 2],
  bf16: [-2, 2],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  s64: [-9e12, 9e12],
  u8: [0, 255],
  bool: [0, 1],
}

/** One case for each dtype; in the inputs `T` stands for it: `T[2,3]`. */
export const casesIn = <const P extends Params>(
  dtypes: readonly DType[],
  inputs: readonly CaseInput[],
  params?: P,
  tol = 0,
): Case<P>[] =>
  dtypes.map(dtype => ({
    in: inputs.map(x =>
      typeof x === 'string' && x[0] === 'T' ? { type: x.replace('T', dtype), range: RANGES[dtype] } : x,
    ),
    ...(params && { params }),
    tol,
  }))
