import { threefry } from '../../ir/threefry.ts'

/** For each of n things another one: a random cyclic permutation (Sattolo 1986). A single thing keeps itself. */
export function derangement(n: number, seed: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((threefry(seed, 0, i, 0)[0] / 2 ** 32) * i)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}
