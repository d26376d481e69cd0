import { defineTiming, z } from '../../graph/kit.ts'
import { timingReport } from './timing-report.ts'

export const throughput = defineTiming({
  type: 'evaluation.throughput',
  version: 1,
  title: 'Throughput',
  category: 'evaluation',
  doc: `Times the steps of two Trains in turn, within one process, and says how many times as fast *a* is:

$$\\mathrm{ratio} = \\frac1R \\sum_{r=1}^{R} \\frac{n^a_r / t^a_r}{n^b_r / t^b_r}$$

with $n_r$ the rows that the steps of round $r$ read (of all Batch nodes of that Train) and $t_r$ the time they took.
What is timed is the Trains that the two weights come from, as they train: the same compiled programs with their
overrides, precision and optimizers, in the same loop, on their own data, from the weights that they have made. What
the timed steps make is thrown away: a Train's weights, metrics and checkpoints stay as they are.

In each round, each Train takes some steps on batches that lie in memory (\`ratio\`), then as many on batches as
training reads them (\`ratio_with_data\`; \`waiting_for_data\` is the share of that time in which no step could begin);
who is first alternates from round to round, so a slow moment of the machine hits both alike. The items of a ratio are
those of the rounds, so a bar can be held against it (\`atLeast\`), and its interval is over rounds.

A time is no function of the graph. The report is kept for this machine only (its name, processors and engine), says
how many processors other programs kept busy meanwhile, and is not kept where that was more than a tenth of them;
\`--fresh\` measures again. \`diptych throughput a.json b.json\` compares the Trains of two graphs in the same way.

Source: pairs a second at equal hardware, as in Li et al. 2023 (FLIP, arXiv 2212.00794), section 4.1; steps in turn are
our own.`,
  params: z.strictObject({
    rounds: z.int().min(2).max(1000).default(10).describe('Rounds; the interval of the ratio is over these.'),
    steps: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Steps of each Train in a round, twice: without data and with.'),
    warmUp: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Steps of each Train before the first round, not timed.'),
  }),
  inputs: {
    a: { accepts: { kind: 'host', of: 'weights' }, doc: 'Weights of the Train whose speed is in question.' },
    b: { accepts: { kind: 'host', of: 'weights' }, doc: 'Weights of the Train that it is compared with.' },
  },
  types: () => ({ report: { kind: 'report' } }),
  plan: p => p,
  report: timingReport,
})
