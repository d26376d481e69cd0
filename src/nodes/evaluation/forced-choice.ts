import { GraphFault } from '../../graph/diagnostic.ts'
import type { DatasetValue, EvaluationContext, Report, Side } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { type Choice, choose, TIES, type TieRule } from './choice.ts'
import { type Figure, itemsOf } from './figures.ts'
import { pairInputs } from './inputs.ts'
import { type Kind, kindsOf } from './kinds.ts'
import { mean, meanError } from './statistics.ts'

/** A picture's true text among the texts, and its false ones. */
interface Item {
  readonly right: number
  readonly wrong: readonly number[]
}

export const forcedChoice = defineEvaluator({
  type: 'evaluation.forcedChoice',
  version: 1,
  title: 'Forced choice',
  category: 'evaluation',
  doc: `Shows each picture with a true text and one or more false ones that differ in a word or two, and asks which scores
highest. Whoever reads texts as bags of words is at chance where only their order differs.

$$\\mathrm{accuracy} = \\frac1n \\sum_i \\mathrm{right}_i,\\qquad
\\mathrm{right}_i = \\begin{cases} 1 & s_i^+ > \\max_k s_{ik}^- \\\\ t_i & s_i^+ = \\max_k s_{ik}^- \\\\ 0 &
\\text{otherwise} \\end{cases}$$

Ties, by \`ties\`: \`wrong\`, $t = 0$: SugarCrepe's rule, and ARO's for relations and attributes. \`half\`, $t$ is one over
the number of texts at the top. \`first\`, $t = 1$: the true text stands first and argmax takes the first of equals, as
in ARO's order of words; **a scorer that says the same of everything then gets 100 %**. The number of ties is reported
under every rule. A NaN is never right.

macro_accuracy is the mean of the kinds' accuracies, of those with at least \`least\` rows: what ARO reports for relations
(1) and attributes (25). Chance is the mean of one over the number of texts. \`blind\` shows every picture as the mean of all: what the texts
alone give away.

Source: Hsieh et al. 2023 (SugarCrepe, arXiv 2306.14610), Yuksekgonul et al. 2023 (ARO, arXiv 2210.01936), and
VALSE's pairs of caption and foil, Parcalabescu et al. 2022 (arXiv 2112.07566).`,
  params: z.strictObject({
    image: z.string().default('image').describe('The column of pictures.'),
    positive: z
      .string()
      .default('caption')
      .describe('The text column with the true text; the first of several.'),
    negatives: z
      .array(z.string())
      .min(1)
      .default(['negative'])
      .describe('Text columns with false texts; all that a row has in them.'),
    kind: z.string().default('kind').describe('The category column to report by; empty for none.'),
    least: z.int().min(1).default(1).describe('Rows that a kind needs to count in macro_accuracy.'),
    ties: z.enum(TIES).default('wrong').describe('What equal scores count as.'),
    blind: z
      .boolean()
      .default(false)
      .describe('Also measure with every picture replaced by the mean of all.'),
  }),
  inputs: pairInputs,
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({
    pairs: { port: 'pairs', rows: 'pictures', columns: 'texts' },
    fields: {
      [p.image]: 'image',
      ...Object.fromEntries([p.positive, ...p.negatives].map(column => [column, 'text' as const])),
      ...(p.kind && { [p.kind]: 'category' as const }),
    },
  }),
  evaluate: async (context, p): Promise<Report> => {
    const { texts, items } = await choicesOf(context, p.positive, p.negatives)
    const n = items.length
    if (n === 0) throw new GraphFault('DT050', 'the dataset has no rows to choose for', { port: 'dataset' })
    const columns = await context.embedTexts('columns', texts)
    const judge = async (rows: Side, rowOf: (i: number) => number): Promise<Choice[]> => {
      const cells = items.flatMap((item, i) =>
        [item.right, ...item.wrong].map(text => [rowOf(i), text] as const),
      )
      const scores = await context.pairScores(rows, columns, cells)
      let at = 0
      return items.map(({ wrong }) => {
        const [right, ...others] = scores.subarray(at, at + 1 + wrong.length)
        at += 1 + wrong.length
        return choose(right!, others, p.ties)
      })
    }
    const seen = await judge(await context.embedPictures('rows', p.image), i => i)
    const blind = p.blind ? await judge(await context.embedMeanPicture('rows', p.image), () => 0) : undefined
    const chances = items.map(({ wrong }) => 1 / (1 + wrong.length))
    const kinds = await kindsOf(context, p.kind)
    return reportOf(context.dataset, kinds, seen, blind, chances, p)
  },
})

/** Each text once, however many items name it. */
async function choicesOf(
  context: EvaluationContext,
  positive: string,
  negatives: readonly string[],
): Promise<{ readonly texts: readonly string[]; readonly items: readonly Item[] }> {
  const places = new Map<string, number>()
  const placeOf = (text: string) => {
    const place = places.get(text) ?? places.size
    places.set(text, place)
    return place
  }
  const right = await context.texts(positive)
  const wrong = await Promise.all(negatives.map(column => context.texts(column)))
  const items = right.map((texts, row) => ({
    right: placeOf(texts[0]!),
    wrong: wrong.flatMap(column => column[row]!.map(placeOf)),
  }))
  return { texts: [...places.keys()], items }
}

function reportOf(
  dataset: DatasetValue,
  kinds: readonly Kind[],
  seen: readonly Choice[],
  blind: readonly Choice[] | undefined,
  chances: readonly number[],
  { ties: rule, least }: { readonly ties: TieRule; readonly least: number },
): Report {
  const metrics: Record<string, number> = {}
  const standardErrors: Record<string, number> = {}
  const figures: Figure[] = []
  const table: (string | number)[][] = []
  for (const { name, suffix, rows } of kinds) {
    const outcomes = rows.map(i => seen[i]!.outcome)
    const score = (metric: string, values: readonly number[]) => {
      metrics[metric] = mean(values)
      standardErrors[metric] = meanError(values)
      figures.push({ name: metric, values, rows })
      return mean(values)
    }
    const accuracy = score(`accuracy${suffix}`, outcomes)
    const chance = mean(rows.map(i => chances[i]!))
    if (chance !== mean(chances)) metrics[`chance_accuracy${suffix}`] = chance
    const unseen =
      blind &&
      score(
        `blind_accuracy${suffix}`,
        rows.map(i => blind[i]!.outcome),
      )
    table.push([
      name,
      rows.length,
      accuracy,
      meanError(outcomes),
      ...(unseen === undefined ? [] : [unseen]),
      chance,
      rows.filter(i => seen[i]!.tie).length,
      rows.filter(i => seen[i]!.nan).length,
    ])
  }
  const large = kinds.filter(k => k.suffix && k.name !== 'no kind' && k.rows.length >= least)
  if (large.length > 0) {
    metrics.macro_accuracy = mean(large.map(k => metrics[`accuracy${k.suffix}`]!))
    // The kinds' accuracies are independent.
    const squares = large.map(k => standardErrors[`accuracy${k.suffix}`]! ** 2)
    standardErrors.macro_accuracy = Math.sqrt(mean(squares) / large.length)
  }
  const ties = seen.filter(c => c.tie).length
  const nans = seen.filter(c => c.nan).length
  const shown = blind ? ['accuracy', 'blind'] : ['accuracy']
  return {
    metrics: { ...metrics, chance: mean(chances), ties, nan: nans, n: seen.length },
    standardErrors,
    ...itemsOf(dataset, figures),
    warnings: warningsOf(ties, nans, seen.length, rule === 'first'),
    matrices: [
      {
        title: 'Accuracy by kind',
        axes: { rows: 'kind', columns: 'measure' },
        rowLabels: table.map(row => String(row[0])),
        columnLabels: [...shown, 'chance'],
        values: table.map(row => [row[2], ...(blind ? [row[4]] : []), row[blind ? 5 : 4]].map(Number)),
      },
    ],
    tables: [
      {
        title: 'By kind',
        columns: ['kind', 'n', 'accuracy', '± s.e.', ...(blind ? ['blind'] : []), 'chance', 'ties', 'NaN'],
        rows: table,
      },
    ],
  }
}

/** A larger share of ties is told even where no rule rewards it. */
const TELLING = 0.05

function warningsOf(ties: number, nans: number, n: number, rewardsTies: boolean): string[] {
  const warnings: string[] = []
  if (rewardsTies)
    warnings.push(
      `Equal scores count as right (ties: first), so a scorer that says the same of everything gets 100 %. ${ties} of ${n} items are ties.`,
    )
  else if (ties > TELLING * n)
    warnings.push(
      `${ties} of ${n} items are ties: a collapsed model, or texts that differ only after their last token.`,
    )
  if (nans) warnings.push(`${nans} of ${n} items have a score that is NaN; they count as wrong.`)
  return warnings
}
