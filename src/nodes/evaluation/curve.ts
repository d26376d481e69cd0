import { GraphFault, suggest } from '../../graph/diagnostic.ts'
import type { Report, ReportValue } from '../../graph/host.ts'
import { defineHost, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { mean, meanError } from './statistics.ts'

export const curve = defineHost({
  type: 'evaluation.curve',
  version: 1,
  title: 'Training curve',
  category: 'evaluation',
  doc: `The mean of a metric $m_t$ over some of a Train's steps, such as the loss of the first 200: how fast something
begins to learn, as a figure that a bar can hold against another arm's.

$$\\bar m = \\frac1n \\sum_{t = t_0}^{t_0 + n - 1} m_t$$

The items are the steps, so two arms that saw the same batches are compared step by step. Its standard error is over
those steps: neighbours are alike, so it is no measure of what another seed would give.

Source: our own; what it is for: the initial biases that are compared in Zhai et al. 2023 (SigLIP, arXiv 2303.15343).`,
  params: z.strictObject({
    metric: z.string().min(1).default('train/loss').describe('The metric, by the name that charts have.'),
    from: z.int().min(0).default(0).describe('The first step.'),
    steps: z.int().min(1).default(200).describe('How many steps.'),
  }),
  inputs: { curve: { accepts: { kind: 'host', of: 'report' }, doc: 'The record of a Train.' } },
  uses: [],
  types: (p, inputs) => {
    const { steps } = port(inputs, 'curve', 'report')
    if (steps !== undefined) refuseBeyond(p.from, p.steps, steps)
    return { report: { kind: 'report' } }
  },
  run: async (_, p, inputs) => {
    const whole = (inputs.curve as ReportValue).value
    return { report: { kind: 'report', value: windowOf(whole, p.metric, p.from, p.steps) } }
  },
})

/** A metric over the steps from … from + steps − 1. Throws where the Train has no such metric or too few steps. */
function windowOf(whole: Report, metric: string, from: number, steps: number): Report {
  const all = own(whole.items ?? {}, metric)
  if (!all)
    throw new GraphFault('DT050', `the Train has no metric "${metric}" on every step`, {
      field: 'params.metric',
      hint: suggest(metric, Object.keys(whole.items ?? {})),
    })
  refuseBeyond(from, steps, all.length)
  const values = all.slice(from, from + steps)
  return {
    metrics: { [metric]: mean(values), n: steps },
    standardErrors: { [metric]: meanError(values) },
    items: { [metric]: values },
    itemSets: { [metric]: `steps ${from} to ${from + steps - 1}` },
  }
}

function refuseBeyond(from: number, steps: number, taken: number): void {
  if (from + steps <= taken) return
  const late = from >= taken
  throw new GraphFault('DT052', `steps ${from} to ${from + steps - 1} of a Train of ${taken} steps`, {
    field: late ? 'params.from' : 'params.steps',
    hint: late ? `Set from below ${taken}.` : `Set steps to at most ${taken - from}.`,
  })
}
