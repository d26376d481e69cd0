import { GraphFault } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { defineEvaluator, type InputSpec, z } from '../../graph/kit.ts'
import { itemsOf } from './figures.ts'
import { unitRows } from './frozen.ts'
import { measuredInputs } from './inputs.ts'
import { mean, meanError } from './statistics.ts'

const side = (of: string): InputSpec => ({
  accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] },
  doc: `Embeddings of ${of}, one vector a row.`,
})

export const geometry = defineEvaluator({
  type: 'evaluation.geometry',
  version: 1,
  title: 'Embedding geometry',
  category: 'evaluation',
  doc: `How two modalities lie on the unit sphere, $x_i$ and $y_i$ being the embeddings of one row:

$$\\mathrm{gap} = \\Big\\|\\frac1n \\sum_i x_i - \\frac1n \\sum_i y_i\\Big\\|,\\qquad
\\mathrm{alignment} = \\frac1n \\sum_i \\|x_i - y_i\\|^2,\\qquad
\\mathrm{uniformity}(x) = \\log \\frac2{n(n-1)} \\sum_{i<j} e^{-2 \\|x_i - x_j\\|^2}$$

A contrastive model keeps pictures and texts in two narrow cones: a gap that is large beside the spread. Alignment is
to be small; \`unpaired_distance\` is what it would be if rows were paired at random. Uniformity is to be small;
\`least_uniformity\` is that of points spread evenly over the sphere, 0 that of a collapsed model.

Source: Liang et al. 2022 (modality gap, arXiv 2203.02053); Wang & Isola 2020 (arXiv 2005.10242), section 4.1 with
α = 2 and t = 2.`,
  params: z.strictObject({
    most: z
      .int()
      .min(2)
      .max(20_000)
      .default(2000)
      .describe('Rows to measure, evenly spread over the dataset: the work grows with their square.'),
  }),
  inputs: { first: side('one modality, such as pictures'), second: side('the other'), ...measuredInputs },
  types: () => ({ report: { kind: 'report' } }),
  needs: () => ({ wires: ['first', 'second'], fields: {} }),
  evaluate: async (context, p): Promise<Report> => {
    const [a, b] = [await context.embed('first'), await context.embed('second')]
    if (a.width !== b.width)
      throw new GraphFault(
        'DT034',
        `both sides need one width: "first" is ${a.width}, "second" is ${b.width}`,
        {
          port: 'second',
        },
      )
    if (a.rows < 2) throw new GraphFault('DT050', 'geometry needs at least two rows', { port: 'dataset' })
    const n = Math.min(p.most, a.rows)
    const rows = Array.from({ length: n }, (_, k) => Math.floor((k * a.rows) / n))
    const spread = (values: Float32Array) => {
      const unit = unitRows(values, a.width)
      return rows.map(row => unit.subarray(row * a.width, (row + 1) * a.width))
    }
    const [x, y] = [spread(a.values), spread(b.values)]
    const difference = minus(centre(x), centre(y))
    const gap = Math.sqrt(dot(difference, difference))
    // To first order the gap moves with the rows' differences along its own direction.
    const along = x.map((row, i) => dot(minus(row, y[i]!), difference) / (gap || 1))
    const distances = x.map((row, i) => 2 - 2 * dot(row, y[i]!))
    const paired = mean(distances)
    const cross = dot(centre(x), centre(y)) // over all pairs, the own ones too
    const unpaired = (n * n * (2 - 2 * cross) - n * paired) / (n * (n - 1))
    const [first, second] = [uniformity(x), uniformity(y)]
    const within = (rows: readonly Float64Array[]) => {
      const c = centre(rows)
      return (n * dot(c, c) - 1) / (n - 1)
    }
    return {
      metrics: {
        modality_gap: gap,
        alignment: paired,
        unpaired_distance: unpaired,
        first_uniformity: first.value,
        second_uniformity: second.value,
        least_uniformity: leastUniformity(a.width),
        n,
      },
      standardErrors: {
        modality_gap: meanError(along),
        alignment: meanError(distances),
        first_uniformity: first.error,
        second_uniformity: second.error,
      },
      ...itemsOf(context.dataset, [
        { name: 'modality_gap', values: along, rows },
        { name: 'alignment', values: distances, rows },
        { name: 'first_uniformity', values: first.influence, rows },
        { name: 'second_uniformity', values: second.influence, rows },
      ]),
      matrices: [
        {
          title: 'Mean cosine of different rows',
          axes: { rows: 'modality', columns: 'modality' },
          rowLabels: ['first', 'second'],
          columnLabels: ['first', 'second'],
          values: [
            [within(x), 1 - unpaired / 2],
            [1 - unpaired / 2, within(y)],
          ],
        },
      ],
    }
  },
})

interface Uniformity {
  readonly value: number
  readonly error: number
  /** What each row adds to the mean: to first order the value moves as their mean does. */
  readonly influence: readonly number[]
}

/** The uniformity of unit rows, and its standard error as the logarithm of a U-statistic. */
function uniformity(rows: readonly Float64Array[]): Uniformity {
  const n = rows.length
  const sums = new Float64Array(n)
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const kernel = Math.exp(-4 + 4 * dot(rows[i]!, rows[j]!))
      sums[i]! += kernel
      sums[j]! += kernel
    }
  const means = [...sums].map(s => s / (n - 1))
  const kernel = mean(means)
  const value = Math.log(kernel)
  const influence = means.map(m => value + (2 * (m - kernel)) / kernel)
  return { value, error: (2 * meanError(means)) / kernel, influence }
}

/**
 * The uniformity of the uniform distribution on the unit sphere in d dimensions: the mean of exp(4 cos − 4) is
 * e⁻⁴ ₀F₁(d/2; 4).
 */
export function leastUniformity(d: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= 4 / (k * (d / 2 + k - 1))
    sum += term
  }
  return Math.log(sum) - 4
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}
const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, k) => v - b[k]!)
const centre = (rows: readonly Float64Array[]): Float64Array => {
  const out = new Float64Array(rows[0]!.length)
  for (const row of rows) for (let k = 0; k < out.length; k++) out[k]! += row[k]! / rows.length
  return out
}
