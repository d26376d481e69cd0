/** A 32-bit bijection whose every output bit depends on every input bit (the `lowbias32` constants of C. Wellons). */
export function mix(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}
