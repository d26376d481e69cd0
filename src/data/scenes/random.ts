import { mix } from '../mix.ts'

/** A stream of pseudo-random numbers that is a pure function of its key: equal on every machine. */
export interface Random {
  /** 32 uniform bits. */
  bits(): number
  /** In [0, 1). */
  unit(): number
  /** In [low, high). */
  between(low: number, high: number): number
  /** A whole number in [0, count). */
  below(count: number): number
  /** One of the items; throws on none. */
  pick<T>(items: readonly T[]): T
  /** The items in a uniform random order. */
  shuffled<T>(items: readonly T[]): T[]
}

/** The stream of a key of whole numbers: sfc32 (C. Doty-Humphrey, PractRand) seeded by a hash of the words. */
export function randomOf(...key: readonly number[]): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]
  for (const word of key) {
    a = mix(a ^ (word >>> 0))
    b = mix(b ^ a ^ Math.floor(word / 2 ** 32))
    c = mix(c + b)
  }
  const bits = (): number => {
    const out = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + out) | 0
    return out >>> 0
  }
  for (let i = 0; i < 8; i++) bits()
  const unit = (): number => bits() / 2 ** 32
  const below = (count: number): number => Math.floor(unit() * count)
  return {
    bits,
    unit,
    between: (low, high) => low + unit() * (high - low),
    below,
    pick: items => {
      if (items.length === 0) throw new Error('nothing to pick from')
      return items[below(items.length)]!
    },
    shuffled: items => {
      const out = [...items]
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[out[i], out[j]] = [out[j]!, out[i]!]
      }
      return out
    },
  }
}
