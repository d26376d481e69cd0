import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { erfInv } from './erf-inv.ts'

/**
 * Random numbers inside a compiled program, from keys u32[2] by Threefry: the same bits on every backend, and the
 * same as jax.random's with `jax_threefry_partitionable` (JAX's default since 0.5). Source: Salmon et al. 2011,
 * "Parallel random numbers: as easy as 1, 2, 3".
 */

/** The bits of a float32 between 1 and 2 whose mantissa is all zeros. */
const ONE = 0x3f800000
/** Bits that a float32's mantissa has no room for. */
const SPARE = 9

/** A key from a key and one word (a u32 number, or u32[]): jax.random.fold_in. */
export function foldIn(b: Builder, key: Var, data: Var | number): Var {
  const word = typeof data === 'number' ? b.scalar('u32', data) : data
  if (word.type.dtype !== 'u32' || word.type.shape.length !== 0)
    throw new BuildError(`a key is folded with a u32[], got ${showType(word.type)}`, b.currentOrigin)
  const [hi, lo] = b.threefry(key, b.scalar('u32', 0), word) // u32[] each
  return b.concatenate([b.reshape(hi, [1]), b.reshape(lo, [1])], 0) // u32[2]
}

/** 32 random bits an element, u32 `shape`: jax.random.bits. */
export function randomBits(b: Builder, key: Var, shape: readonly number[]): Var {
  const count = elementCount(shape)
  if (count > 2 ** 32) throw new BuildError(`${count} random numbers from one key`, b.currentOrigin)
  const index = b.reshape(b.iota('u32', [count], 0), shape)
  const [hi, lo] = b.threefry(key, b.zerosLike(index), index)
  return b.xor(hi, lo)
}

/** Uniform float32 numbers in [low, high), `shape`: jax.random.uniform. */
export function uniform(b: Builder, key: Var, shape: readonly number[], low = 0, high = 1): Var {
  const mantissa = b.shiftRight(randomBits(b, key, shape), SPARE)
  const unit = b.sub(b.bitcast(b.or(mantissa, ONE), 'f32'), 1) // in [0, 1), 23 bits each
  if (low === 0 && high === 1) return unit
  // Rounding may give a number below `low`, which is put back.
  return b.max(b.add(b.mul(unit, high - low), low), low)
}

/** The number after -1 in float32: a uniform sample of -1 itself would become minus infinity. */
const AFTER_MINUS_ONE = -1 + 2 ** -24

/** Standard normal float32 numbers, `shape`: jax.random.normal up to rounding, √2 erfinv of a uniform sample. */
export const normal = (b: Builder, key: Var, shape: readonly number[]): Var =>
  b.mul(erfInv(b, uniform(b, key, shape, AFTER_MINUS_ONE, 1)), Math.SQRT2)
