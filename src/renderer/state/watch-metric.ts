import type { WatchJson } from '../../graph/document.ts'
import { watchName } from '../../graph/watches.ts'
import type { WatchStats } from '../../protocol/watch.ts'

type Figure = 'value' | 'mean' | 'entropy'

const PREFIXES: Readonly<Record<Figure, string>> = {
  value: 'watch/',
  mean: 'watch-mean/',
  entropy: 'watch-entropy/',
}

/** The one number that stands for a watched tensor: itself where it is one, of attention its entropy, else the mean. */
export function figureOf({ count, mean, entropy }: WatchStats): {
  readonly kind: Figure
  readonly title: string
  readonly unit?: string
  readonly value: number | undefined
} {
  // The mean of weights that add up to 1 is 1 over their number, whatever is attended to.
  if (entropy !== undefined)
    return { kind: 'entropy', title: 'Attention entropy', unit: 'nats', value: entropy }
  return count === 1
    ? { kind: 'value', title: 'Value', value: mean }
    : { kind: 'mean', title: 'Mean', value: mean }
}

/** The name of the line that a watched wire draws. */
export const watchMetric = (
  of: Pick<WatchJson, 'wire' | 'inner'> & { readonly field: string },
  figure: Figure,
): string => `${PREFIXES[figure]}${watchName(of)}${of.field && ` ${of.field}`}`

/** Charts show the lines of numbers beside the loss; those of tensors are seen where the wire is. */
export const isChartOfTensor = (metric: string): boolean =>
  metric.startsWith(PREFIXES.mean) || metric.startsWith(PREFIXES.entropy)
