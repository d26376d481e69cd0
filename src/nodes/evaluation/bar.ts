import { GraphFault } from '../../graph/diagnostic.ts'
import { type BarSpec, type HostInputs, RELATIONS, type Report } from '../../graph/host.ts'
import { defineHost, type InputSpec, z } from '../../graph/kit.ts'
import { chanceLevel } from '../../graph/report-metrics.ts'
import { type FigureItems, findFigure, sameItems } from './figures.ts'
import { type Judgement, judgeSeeds } from './judge.ts'
import { meanError } from './statistics.ts'

const report = (doc: string, optional = false): InputSpec => ({
  accepts: { kind: 'host', of: 'report' },
  doc,
  optional,
})

/** Relations that hold a figure against a number only. */
const ALONE: readonly string[] = ['chance', 'atLeast']

const params = z.strictObject({
  metric: z
    .string()
    .min(1)
    .default('accuracy')
    .describe('The figure of a that the claim is about, such as accuracy/swap_attribute.'),
  against: z
    .string()
    .default('')
    .describe('The figure that it is compared with: of b, or of a where no b is wired. Default: the same.'),
  relation: z.enum(RELATIONS).default('greater').describe('How the two must stand; see above.'),
  value: z
    .number()
    .optional()
    .describe('The number to compare with where there is no second figure; default: the chance level.'),
  margin: z.number().min(0).default(0.02).describe('With noWorse: how much worse is still no worse.'),
  items: z
    .enum(['auto', 'paired', 'apart'])
    .default('auto')
    .describe('Whether items are drawn in pairs; auto: where both figures have the same items.'),
  claim: z.string().default('').describe('What the bar shows if it is met, in one sentence.'),
})
type Params = z.infer<typeof params>

export const bar = defineHost({
  type: 'evaluation.bar',
  version: 1,
  title: 'Bar',
  category: 'evaluation',
  doc: `A claim with its test: a figure $a$ of one report must stand in a relation to a figure $b$ of another, to another
figure of the same report, or to a number $v$. The figure is the mean of its items (pictures, pairs, rows). With
$[l, h]$, the 95 % interval of the difference $a - b$, or $a - v$, by bootstrap over items, the bar is met
where $l > 0$ for \`greater\`, where $h < 0$ for \`less\`, where $l > -\\mathrm{margin}$ for \`noWorse\`; and, against a
number only, where $l \\le 0 \\le h$ for \`chance\`, where $a \\ge v$ for \`atLeast\`.

Where both figures have the same items, as two models measured on one dataset have, the same items are drawn for both
(a paired bootstrap): what makes an item hard for both arms cancels. Figures with items of their own, such as two
kinds of pairs in one report, are drawn apart.

Without a second figure the number is \`value\`, or what chance would give. A bar that is not met does not fail the
run: it says so. An outcome that is not a number is never met.

The interval holds for this seed. \`diptych verify-graphs\` runs a graph under several seeds and judges its bars on all
of them together.

Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, sections 8.3 and 13.3 (percentile intervals);
Koehn 2004 (paired); the interval of \`noWorse\` as in tests of non-inferiority.`,
  params,
  inputs: {
    a: report('The report that the claim is about.'),
    b: report('The report of what it is compared with, such as a control; without it, see "against".', true),
  },
  uses: [],
  types: (p, inputs) => {
    const second = inputs.b ? 'b' : p.against ? 'against' : undefined
    if (ALONE.includes(p.relation) && second)
      throw new GraphFault('DT052', `"${p.relation}" compares with a number, and there is "${second}"`, {
        ...(second === 'b' ? { port: 'b' } : { field: 'params.against' }),
        hint: `Remove "${second}", or choose greater, less or noWorse.`,
      })
    if (p.value !== undefined && second)
      throw new GraphFault('DT052', `it has a number to compare with, and "${second}" too`, {
        field: 'params.value',
        hint: `Keep one of "value" and "${second}".`,
      })
    if (!inputs.b && p.against === p.metric)
      throw new GraphFault('DT052', `"${p.metric}" of one report is compared with itself`, {
        field: 'params.against',
        hint: 'Name another figure, or wire a second report to "b".',
      })
    return { report: { kind: 'report' } }
  },
  run: async (_, p, inputs) => ({ report: { kind: 'report', value: barReport(p, inputs) } }),
})

function barReport(p: Params, inputs: HostInputs): Report {
  const a = reportAt(inputs, 'a')!
  const b = reportAt(inputs, 'b') ?? (p.against ? a : undefined)
  const against = p.against || p.metric
  const first = figureOf(a, p.metric, 'a', 'metric')
  const port = inputs.b ? 'b' : 'a'
  const second = b && figureOf(b, against, port, p.against ? 'against' : 'metric')
  const chance = chanceLevel(a, p.metric)
  const paired = second !== undefined && isPaired(p.items, first, second)
  const value = second ? undefined : (p.value ?? chance)
  if (!second && value === undefined)
    throw new GraphFault('DT052', `no chance level is known of "${p.metric}"`, {
      field: 'params.value',
      hint: 'Say what it is compared with: a value, a second figure, or a second report.',
    })
  const spec: BarSpec = {
    relation: p.relation,
    metric: p.metric,
    ...(second && { against }),
    ...(value !== undefined && { value }),
    margin: p.margin,
    paired,
  }
  const judged = judgeSeeds(p.claim, [{ bar: spec, a: first, ...(second && { b: second }) }])
  return {
    metrics: metricsOf(judged, value, chance),
    standardErrors: errorsOf({ a: first.items, ...(second && { b: second.items }) }),
    verdict: judged.verdict,
    items: { a: first.items, ...(second && { b: second.items }) },
    itemSets: { a: first.set, ...(second && { b: second.set }) },
  }
}

function reportAt(inputs: HostInputs, port: string): Report | undefined {
  const value = inputs[port]
  return value && 'kind' in value && value.kind === 'report' ? value.value : undefined
}

/** The items of a figure; throws where the report has none. */
function figureOf(r: Report, name: string, port: string, param: 'metric' | 'against'): FigureItems {
  const found = findFigure(r, name)
  if ('items' in found) return found
  throw new GraphFault('DT050', `the report at "${port}" ${found.problem}`, {
    field: `params.${param}`,
    hint: found.hint,
  })
}

function isPaired(how: Params['items'], a: FigureItems, b: FigureItems): boolean {
  if (how === 'auto') return sameItems(a, b)
  if (how === 'paired' && a.items.length !== b.items.length)
    throw new GraphFault(
      'DT052',
      `the figures have ${a.items.length} and ${b.items.length} items: a comparison in pairs needs the same ones`,
      { field: 'params.items', hint: 'Measure both on the same rows, or let items be "auto" or "apart".' },
    )
  return how === 'paired'
}

function metricsOf(
  { verdict, a, b, n }: Judgement,
  value: number | undefined,
  chance: number | undefined,
): Record<string, number> {
  const all = { ...verdict.interval, a, b, value, chance, n, met: verdict.met ? 1 : 0 }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, x]) => (x !== undefined && Number.isFinite(x) ? [[name, x]] : [])),
  )
}

const errorsOf = (arms: Readonly<Record<string, readonly number[]>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(arms).flatMap(([name, items]) => {
      const error = meanError(items)
      return Number.isFinite(error) ? [[name, error]] : []
    }),
  )
