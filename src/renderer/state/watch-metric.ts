import type { WatchJson } from '../../graph/document.ts'
import { watchName } from '../../graph/watches.ts'

const SCALAR = 'watch/'
const MEAN = 'watch-mean/'

/** The name of the line that a watched wire draws: of its value where it is one number, else of its mean. */
export const watchMetric = (
  of: Pick<WatchJson, 'wire' | 'inner'> & { readonly field: string },
  isScalar: boolean,
): string => `${isScalar ? SCALAR : MEAN}${watchName(of)}${of.field && ` ${of.field}`}`

/** Charts show the lines of numbers beside the loss; means are seen where the wire is. */
export const isChartOfMean = (metric: string): boolean => metric.startsWith(MEAN)
