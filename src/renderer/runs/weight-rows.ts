import type { WeightNorms } from '../../protocol/messages.ts'

export type Order = 'name' | 'gradient' | 'ratio'

/** By how much a step moves a weight, as a part of it; a weight that is 0 has moved infinitely, or not at all. */
export const updateRatio = ({ update, weight }: WeightNorms): number => (update === 0 ? 0 : update / weight)

/** They come by name. */
export function orderedWeights(norms: readonly WeightNorms[], order: Order): readonly WeightNorms[] {
  if (order === 'name') return norms
  const key = order === 'gradient' ? (w: WeightNorms) => w.gradient : (w: WeightNorms) => -updateRatio(w)
  return norms.toSorted((a, b) => key(a) - key(b))
}

/** The powers of ten that positive, finite numbers lie between. */
export function spanOf(values: readonly number[]): readonly [number, number] {
  const logs = values.filter(x => x > 0 && Number.isFinite(x)).map(Math.log10)
  if (logs.length === 0) return [0, 1]
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))]
  return [low, Math.max(high, low + 1)]
}

/** Where a number lies among them, 0 to 1. */
export function shareOf(value: number, [low, high]: readonly [number, number]): number {
  if (!(value > 0)) return 0
  return Math.min(1, Math.max(0.01, (Math.log10(value) - low) / (high - low)))
}
