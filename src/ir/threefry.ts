/** Rotation distances of the two alternating groups of four rounds, and the key schedule's parity word. */
export const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const
export const PARITY = 0x1bd11bda

/**
 * One block of Threefry-2x32, 20 rounds: key (k0, k1) and counter (x0, x1), all u32, to two random u32.
 * The host uses it for initial weights and orders, the compiled step through the primitive.
 */
export function threefry(k0: number, k1: number, x0: number, x1: number): [number, number] {
  const keys = [k0, k1, k0 ^ k1 ^ PARITY]
  let a = (x0 + k0) | 0
  let b = (x1 + k1) | 0
  for (let group = 0; group < 5; group++) {
    for (const turn of ROTATIONS[group % 2]!) {
      a = (a + b) | 0
      b = ((b << turn) | (b >>> (32 - turn))) ^ a
    }
    a = (a + keys[(group + 1) % 3]!) | 0
    b = (b + keys[(group + 2) % 3]! + group + 1) | 0
  }
  return [a >>> 0, b >>> 0]
}
