import { GraphFault } from '../../graph/diagnostic.ts'
import type { EvaluationContext, Report } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { pairInputs } from './inputs.ts'
import { kindsOf } from './kinds.ts'
import { statementsReport } from './statements-report.ts'
import { crossFit, fitThreshold, isRight, type Judged } from './threshold.ts'

const params = z.strictObject({
  image: z.string().default('image').describe('The column of pictures.'),
  statement: z
    .string()
    .default('caption')
    .describe('The text column with the statements; the first of several.'),
  label: z.string().default('label').describe('The category column that says which are true.'),
  truth: z
    .string()
    .optional()
    .describe('The class of the label that means true, if it is not true, yes or 1.'),
  kind: z.string().default('').describe('The category column to report by; empty for none.'),
  threshold: z
    .number()
    .optional()
    .describe('A fixed threshold, such as 0 for logits trained on true and false; otherwise it is fitted.'),
  blind: z.boolean().default(false).describe('Also measure with every picture replaced by the mean of all.'),
})
type Params = z.infer<typeof params>

export const statements = defineEvaluator({
  type: 'evaluation.statements',
  version: 1,
  title: 'True or false',
  category: 'evaluation',
  doc: `Each row has a picture, a statement and whether it is true of the picture. A statement is taken for true where
its score $s$ with the picture lies above a threshold $t$:

$$\\mathrm{right}_i = \\big[\\,[s_i > t] = y_i\\,\\big],\\qquad \\mathrm{AUROC} = P(s^+ > s^-) + \\tfrac12 P(s^+ = s^-)$$

with $y_i = 1$ for a true statement, $s^+$ the score of a true and $s^-$ of a false one.

Where $t$ comes from: the parameter \`threshold\`; else the rows wired to \`validation\`, on which $t$ is chosen for most
right answers; else the rows measured, in five parts by their ids: $t$ of each part is chosen on the other four.
Rows that were measured never choose their own threshold. AUROC needs none.

accuracy stands beside \`majority\`, what the better of "always true" and "always false" gets on the same rows: that is
chance here. \`consistency\`, where statements come more than once, is the share of statements judged right in all their
rows. \`blind\` shows every picture as the mean of all, with a threshold fitted for it: what the statements alone give away.

A scorer that says the same of everything gets at most the majority's accuracy, and an AUROC of a half; a NaN is
always wrong and loses every comparison. Both are told. Standard errors take rows as independent; for AUROC it is DeLong's.

Source: Suhr et al. 2017 (NLVR, ACL P17-2034) and 2019 (NLVR2, arXiv 1811.00491; consistency); Liu et al. 2023 (VSR,
arXiv 2205.00363); VALSE's acc, Parcalabescu et al. 2022 (arXiv 2112.07566), with threshold 0.5; AUROC: DeLong et al.
1988.`,
  params,
  inputs: {
    ...pairInputs,
    validation: {
      accepts: { kind: 'host', of: 'dataset' },
      optional: true,
      doc: 'Rows on which the threshold is chosen; they must not be among those measured.',
    },
  },
  types: p => {
    if (p.label === p.kind)
      throw new GraphFault('DT052', `"${p.label}" is the label and can't be the kind too`, {
        field: 'params.kind',
        hint: 'Choose another column, or none.',
      })
    return { report: { kind: 'report' } }
  },
  needs: p => ({
    pairs: { port: 'pairs', rows: 'pictures', columns: 'texts' },
    fields: {
      [p.image]: 'image',
      [p.statement]: 'text',
      [p.label]: 'category',
      ...(p.kind && { [p.kind]: 'category' as const }),
    },
  }),
  evaluate: async (context, p): Promise<Report> => {
    const rows = await rowsOf(context, p, 'dataset')
    const held = context.hasDataset('validation') ? await rowsOf(context, p, 'validation') : undefined
    const look = async (blind: boolean) => {
      const seen = await judged(context, p, 'dataset', rows, blind)
      const thresholds = await thresholdsOf(
        p,
        seen,
        rows,
        held && (() => judged(context, p, 'validation', held, blind)),
      )
      return { seen, thresholds, right: seen.map((j, i) => isRight(j, thresholds[i]!)) }
    }
    const kinds = await kindsOf(context, p.kind)
    return statementsReport({
      dataset: context.dataset,
      rows: rows.places,
      texts: rows.texts,
      kinds,
      sighted: await look(false),
      blind: p.blind ? await look(true) : undefined,
      unlabelled: context.rowIds.length - rows.places.length,
    })
  },
})

/** The rows of a dataset that have a label. */
interface Rows {
  readonly places: readonly number[]
  readonly texts: readonly string[]
  readonly truths: readonly boolean[]
  readonly ids: readonly string[]
}

async function rowsOf(context: EvaluationContext, p: Params, from: string): Promise<Rows> {
  const { classes, values } = await context.category(p.label, from)
  const truth = truthOf(classes, p, from)
  const all = await context.texts(p.statement, from)
  const places = values.flatMap((v, row) => (v >= 0 ? [row] : []))
  if (places.length === 0)
    throw new GraphFault(
      'DT050',
      `no row of the ${from === 'dataset' ? 'dataset' : 'validation dataset'} has a class in "${p.label}"`,
      {
        port: from,
      },
    )
  return {
    places,
    texts: places.map(row => all[row]![0] ?? ''),
    truths: places.map(row => values[row] === truth),
    ids: from === 'dataset' ? places.map(row => context.rowIds[row]!) : [],
  }
}

const TRUE: ReadonlySet<string> = new Set(['true', 'yes', '1'])

/** The class that means true. */
function truthOf(classes: readonly string[], p: Params, from: string): number {
  const truth =
    p.truth === undefined ? classes.findIndex(name => TRUE.has(name.toLowerCase())) : classes.indexOf(p.truth)
  if (truth >= 0 && classes.length <= 2) return truth
  const said = classes.map(name => `"${name}"`).join(', ')
  if (classes.length > 2)
    throw new GraphFault(
      'DT050',
      `"${p.label}" has ${classes.length} classes, ${said}, where true and false are two`,
      {
        port: from,
        hint: 'Name the column of labels, or map its classes to two.',
      },
    )
  throw new GraphFault(
    'DT050',
    `no class of "${p.label}" is ${p.truth === undefined ? 'true, yes or 1' : `"${p.truth}"`}: it has ${said}`,
    {
      port: from,
      field: 'params.truth',
      hint: 'Say which of them means true.',
    },
  )
}

async function judged(
  context: EvaluationContext,
  p: Params,
  from: string,
  { places, texts, truths }: Rows,
  blind: boolean,
): Promise<Judged[]> {
  const known = [...new Set(texts)]
  const placeOf = new Map(known.map((text, at) => [text, at]))
  const columns = await context.embedTexts('columns', known)
  const rows = blind
    ? await context.embedMeanPicture('rows', p.image, from)
    : await context.embedPictures('rows', p.image, from)
  const cells = places.map((row, i) => [blind ? 0 : row, placeOf.get(texts[i]!)!] as const)
  const scores = await context.pairScores(rows, columns, cells)
  return truths.map((truth, i) => ({ score: scores[i]!, truth }))
}

/** The threshold of each row. */
async function thresholdsOf(
  p: Params,
  seen: readonly Judged[],
  { ids }: Rows,
  validate: (() => Promise<readonly Judged[]>) | undefined,
): Promise<readonly number[]> {
  if (p.threshold !== undefined) return seen.map(() => p.threshold!)
  if (!validate) return crossFit(seen, ids)
  const fitted = fitThreshold(await validate())
  return seen.map(() => fitted)
}
