/** Steps between ticks that people count in. */
const NICE = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000]

export interface Tick {
  readonly index: number
  /** Pixels from the start of the axis to the middle of the cell. */
  readonly at: number
}

/** Indices along an axis of `cells` cells of `size` pixels, each of `block` indices, at least `apart` pixels apart. */
export function ticksOf(cells: number, size: number, block: number, apart: number): readonly Tick[] {
  const step = NICE.find(n => (n / block) * size >= apart && (n % block === 0 || n >= block)) ?? cells * block
  const ticks: Tick[] = []
  for (let index = 0; index < cells * block; index += step)
    ticks.push({ index, at: (Math.floor(index / block) + 0.5) * size })
  return ticks
}
