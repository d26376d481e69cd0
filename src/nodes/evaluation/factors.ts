import { GraphFault } from '../../graph/diagnostic.ts'
import type { Report, ReportMatrix } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { classScores } from './class-scores.ts'
import { type Figure, itemsOf } from './figures.ts'
import { pairInputs } from './inputs.ts'
import { predict } from './predict.ts'
import { mean, meanError } from './statistics.ts'

export const factors = defineEvaluator({
  type: 'evaluation.factors',
  version: 1,
  title: 'Accuracy by factor',
  category: 'evaluation',
  doc: `Classifies pictures by text, as a zero-shot classifier does, and says where that fails: the accuracy for each
value of one factor of the pictures crossed with each of another, as a heat map.

$$a_{uv} = \\frac{|\\{i : f_i = u,\\, g_i = v,\\, \\hat c_i = c_i\\}|}{|\\{i : f_i = u,\\, g_i = v\\}|}$$

A class that is known on one background only, or at one place only, is a row with one bright cell. \`lowest\` is the
accuracy of the worst cell, over cells with at least \`least\` rows; the table has each value of both factors alone.
Equal highest scores, or a NaN among them, count as wrong. Chance is one over the number of classes.

Source: Bordes et al. 2023 (PUG, arXiv 2308.03977).`,
  params: z.strictObject({
    label: z.string().default('shape').describe('The category column that holds the truth.'),
    rows: z.string().default('shape').describe('The factor of the rows: a category column.'),
    columns: z.string().default('background').describe('The factor of the columns: a category column.'),
    template: z
      .string()
      .refine(t => t.includes('{}'), 'a template holds {} where the class name goes')
      .default('a photo of a {}.')
      .describe('The prompt; {} stands for the class name.'),
    least: z.int().min(1).default(10).describe('Rows that a cell needs to be the worst one.'),
  }),
  inputs: pairInputs,
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({
    pairs: { port: 'pairs', rows: 'dataset', columns: 'texts' },
    fields: { [p.label]: 'category', [p.rows]: 'category', [p.columns]: 'category' },
  }),
  evaluate: async (context, p): Promise<Report> => {
    const { classes, values } = await context.category(p.label)
    const labelled = values.flatMap((v, i) => (v >= 0 ? [i] : []))
    if (labelled.length === 0)
      throw new GraphFault('DT050', `no row of the dataset has a class in "${p.label}"`, {
        field: 'params.label',
      })
    const scores = await classScores(
      context,
      classes.map(name => [p.template.split('{}').join(name)]),
      'embeddings',
    )
    const predictions = labelled.map(i => predict(scores(i), values[i]!))
    const right = predictions.map(({ predicted }, k) => (predicted === values[labelled[k]!] ? 1 : 0))
    const [across, down] = await Promise.all([p.rows, p.columns].map(column => context.category(column)))
    const at = (f: { readonly values: readonly number[] }, value: number) =>
      labelled.flatMap((i, k) => (f.values[i] === value ? [k] : []))
    const cells = across!.classes.map((_, u) => {
      const row = at(across!, u)
      return down!.classes.map((_, v) => row.filter(k => down!.values[labelled[k]!] === v))
    })
    const accuracy = (ks: readonly number[]) => mean(ks.map(k => right[k]!))
    const large = cells.flat().filter(cell => cell.length >= p.least)
    const lowest = large.length ? Math.min(...large.map(accuracy)) : undefined
    const worst = large.find(cell => accuracy(cell) === lowest)
    const figure = (name: string, ks: readonly number[]): Figure => ({
      name,
      values: ks.map(k => right[k]!),
      rows: ks.map(k => labelled[k]!),
    })
    const alone = [
      [p.rows, across!],
      [p.columns, down!],
    ] as const
    return {
      metrics: {
        accuracy: mean(right),
        ...(lowest !== undefined && { lowest }),
        chance: 1 / classes.length,
        ties: predictions.filter(r => r.tie).length,
        cells: cells.flat().filter(cell => cell.length).length,
        n: right.length,
      },
      standardErrors: {
        accuracy: meanError(right),
        ...(worst && { lowest: meanError(worst.map(k => right[k]!)) }),
      },
      ...itemsOf(context.dataset, [
        { name: 'accuracy', values: right, rows: labelled },
        ...(worst ? [figure('lowest', worst)] : []),
        ...alone.flatMap(([name, factor]) =>
          factor.classes.flatMap((value, c) => {
            const ks = at(factor, c)
            return ks.length ? [figure(`accuracy/${name}/${value}`, ks)] : []
          }),
        ),
      ]),
      matrices: [heatMap(p.rows, p.columns, across!.classes, down!.classes, cells, accuracy)],
      tables: [
        {
          title: 'By factor',
          columns: ['factor', 'value', 'n', 'accuracy', '± s.e.'],
          rows: alone.flatMap(([name, factor]) =>
            factor.classes.flatMap((value, c) => {
              const ks = at(factor, c)
              return ks.length
                ? [[name, value, ks.length, accuracy(ks), meanError(ks.map(k => right[k]!))]]
                : []
            }),
          ),
        },
      ],
    }
  },
})

/** Rows and columns without any item are left out; a cell without one shows 0, as the title says. */
function heatMap(
  rows: string,
  columns: string,
  rowNames: readonly string[],
  columnNames: readonly string[],
  cells: readonly (readonly (readonly number[])[])[],
  accuracy: (cell: readonly number[]) => number,
): ReportMatrix {
  const us = rowNames.flatMap((_, u) => (cells[u]!.some(cell => cell.length) ? [u] : []))
  const vs = columnNames.flatMap((_, v) => (cells.some(row => row[v]!.length) ? [v] : []))
  const hasGaps = us.some(u => vs.some(v => cells[u]![v]!.length === 0))
  return {
    title: `Accuracy by ${rows} and ${columns}${hasGaps ? ' (0 where there are no rows)' : ''}`,
    axes: { rows, columns },
    rowLabels: us.map(u => rowNames[u]!),
    columnLabels: vs.map(v => columnNames[v]!),
    values: us.map(u => vs.map(v => (cells[u]![v]!.length ? accuracy(cells[u]![v]!) : 0))),
  }
}
