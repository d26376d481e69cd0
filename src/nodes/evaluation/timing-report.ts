import type { Report, ReportTable } from '../../graph/host.ts'
import type { TimedArm, TimedSteps, Timing } from '../../graph/timing.ts'
import { type Interval, meanBootstrap } from './bootstrap.ts'
import { median } from './retrieval.ts'
import { mean, meanError } from './statistics.ts'

/** With more of the machine than this in other hands, times are no longer those of the machine. */
const MOST_OTHERS = 0.1

const rowsPerSecond = ({ rows, ms }: TimedSteps): number => (1000 * rows) / ms
const msPerStep = ({ ms, steps }: TimedSteps): number => ms / steps

/** Speed of a over speed of b in each round: rows a second, so arms with batches of two sizes can be compared. */
const ratios = (a: readonly TimedSteps[], b: readonly TimedSteps[]): number[] =>
  a.map((steps, round) => rowsPerSecond(steps) / rowsPerSecond(b[round]!))

const total = (blocks: readonly TimedSteps[], of: (s: TimedSteps) => number): number =>
  blocks.reduce((sum, block) => sum + of(block), 0)

/** Share of the time with data in which a step waited for its batch. */
const waiting = ({ withData }: TimedArm): number =>
  total(withData, s => s.waitMs) / total(withData, s => s.ms)

/** Whether other programs had so much of the machine that another measurement is due. */
export const isDisturbed = ({ load }: Timing): boolean => load.others > MOST_OTHERS * load.processors

/**
 * What a timing says: the ratio of the two speeds with its interval over rounds, whose items are the ratios of the
 * rounds, and the medians over rounds of what each arm did.
 */
export function timingReport(timing: Timing): Report {
  const { a, b, load } = timing
  const items = {
    ratio: ratios(a.inMemory, b.inMemory),
    ratio_with_data: ratios(a.withData, b.withData),
  }
  const metrics: Record<string, number> = {
    ratio: mean(items.ratio),
    ratio_with_data: mean(items.ratio_with_data),
  }
  for (const [name, arm] of [
    ['a', a],
    ['b', b],
  ] as const) {
    metrics[`${name}_rows_per_second`] = median(arm.inMemory.map(rowsPerSecond))
    metrics[`${name}_rows_per_second_with_data`] = median(arm.withData.map(rowsPerSecond))
    metrics[`${name}_ms_per_step`] = median(arm.inMemory.map(msPerStep))
    metrics[`${name}_waiting_for_data`] = waiting(arm)
  }
  metrics.rounds = items.ratio.length
  metrics.processors = load.processors
  metrics.processors_of_others = load.others
  const standardErrors = {
    ratio: meanError(items.ratio),
    ratio_with_data: meanError(items.ratio_with_data),
  }
  const rounds = [
    ['', a.inMemory, b.inMemory],
    [', with data', a.withData, b.withData],
  ] as const
  return {
    metrics,
    standardErrors,
    items,
    ...(isDisturbed(timing) && { warnings: [disturbed(load)] }),
    tables: [intervals(timing, items)],
    matrices: [
      {
        title: 'Rows a second in each round',
        axes: { rows: 'Train', columns: 'round' },
        rowLabels: rounds.flatMap(([how]) => [`a: ${a.name}${how}`, `b: ${b.name}${how}`]),
        columnLabels: a.inMemory.map((_, round) => String(round + 1)),
        values: rounds.flatMap(([, first, second]) => [first.map(rowsPerSecond), second.map(rowsPerSecond)]),
      },
    ],
  }
}

function intervals(
  { a, b }: Timing,
  items: { readonly ratio: readonly number[]; readonly ratio_with_data: readonly number[] },
): ReportTable {
  const row = (name: string, values: readonly number[]) => {
    const { mean: middle, low, high }: Interval = meanBootstrap([values])
    return [name, middle, low, high, median(values)]
  }
  return {
    title: `Speed of a (${a.name}) over that of b (${b.name}), 95 % interval over rounds`,
    columns: ['', 'mean', 'low', 'high', 'median'],
    rows: [row('batches in memory', items.ratio), row('with data', items.ratio_with_data)],
  }
}

const disturbed = ({ others, processors }: Timing['load']): string =>
  `other programs kept ${others.toFixed(1)} of ${processors} processors busy meanwhile: steps take longer than on a quiet machine. Steps in turn keep the ratio fair; this report is not kept, and the next run measures again.`
