import { threefry } from '../ir/threefry.ts'
import { elementCount } from '../ir/types.ts'
import { erfInvNumber } from './erf-inv.ts'
import type { Init } from './scope.ts'

/** UTF-16 code units that one Threefry block takes in. */
const BLOCK = 4

/** Moves samples off -1, where the inverse error function is infinite, as jax.random.normal does. */
const OFFSET = 2 ** -24

/**
 * 64 bits that name a text, as two u32: the key of everything that is random "by name". Each block of four
 * code units is enciphered under the hash so far, the text's length comes last.
 */
export function hashString(text: string): [number, number] {
  let hash: [number, number] = [0, 0]
  const unit = (i: number): number => (i < text.length ? text.charCodeAt(i) : 0)
  for (let i = 0; i < text.length; i += BLOCK) {
    const [hi, lo] = [unit(i) | (unit(i + 1) << 16), unit(i + 2) | (unit(i + 3) << 16)]
    hash = threefry(hash[0], hash[1], hi, lo)
  }
  return threefry(hash[0], hash[1], text.length, 1)
}

/** A key from a key and one word on the host: what `foldIn` of random.ts is in a program. */
export const foldInNumber = (key: readonly [number, number], data: number): [number, number] =>
  threefry(key[0], key[1], 0, data)

/**
 * The starting values of the weight at `path`: a pure function of (seed, path, shape, init), drawn by
 * Threefry from the key (0, seed) folded with the path's hash.
 *
 * @param seed a u32
 */
export function initialValue(init: Init, shape: readonly number[], seed: number, path: string): Float32Array {
  const values = new Float32Array(elementCount(shape))
  switch (init.kind) {
    case 'zeros':
      return values
    case 'ones':
      return values.fill(1)
    case 'constant':
      return values.fill(init.value)
    case 'normal':
      return draw(values, keyOf(seed, path), u => Math.SQRT2 * erfInvNumber(u + OFFSET) * init.std)
    case 'uniform':
      return draw(values, keyOf(seed, path), u => u * init.bound)
  }
}

function keyOf(seed: number, path: string): [number, number] {
  const [hi, lo] = hashString(path)
  return foldInNumber(foldInNumber([0, seed >>> 0], hi), lo)
}

/**
 * `f` of uniform samples in [-1, 1), 23 bits each: elements 2i and 2i + 1 come from the two words of block i.
 * (jax.random and random.ts spend a block on every element, which start-up has no time for.)
 */
function draw(
  values: Float32Array,
  [k0, k1]: readonly [number, number],
  f: (u: number) => number,
): Float32Array {
  for (let i = 0; i < values.length; i += 2) {
    const [hi, lo] = threefry(k0, k1, 0, i / 2)
    values[i] = f((hi >>> 9) * 2 ** -22 - 1)
    if (i + 1 < values.length) values[i + 1] = f((lo >>> 9) * 2 ** -22 - 1)
  }
  return values
}
