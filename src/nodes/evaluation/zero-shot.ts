import { GraphFault, suggest } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { defineEvaluator, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { classScores } from './class-scores.ts'
import { classificationReport } from './classification-report.ts'
import { derangement } from './derangement.ts'
import { pairInputs } from './inputs.ts'

export const zeroShot = defineEvaluator({
  type: 'evaluation.zeroShot',
  version: 1,
  title: 'Zero-shot classifier',
  category: 'evaluation',
  doc: `Classifies pictures by text alone. Each class name is put into every template; the unit embeddings of these
prompts are averaged and made unit again (a prompt ensemble), and a picture gets the class whose embedding
scores highest:

$$w_c = \\mathrm{unit}\\Big(\\frac1T \\sum_t y_{ct}\\Big),\\qquad \\mathrm{class}(x) = \\mathrm{argmax}_c\\; x \\cdot w_c$$

Equal highest scores, or a NaN among them, count as wrong.

With \`descriptions\`, a prompt is made of each: "a photo of a hen, which has red feathers". The class's score is then
the mean of the scores of its $D_c$ prompts, not the score of their mean:

$$s_c(x) = \\frac1{D_c} \\sum_d x \\cdot y_{cd}$$

Longer prompts may help whatever they say. The control is \`describedBy: others\`: each class gets the descriptions of
another one, dealt at random.

top1 is the accuracy, balanced_accuracy the mean over classes of their recall, chance one over the number of
classes.

Source: Radford et al. 2021 (arXiv 2103.00020), section 3.1.4; the recipe is open_clip's.
Descriptions: Menon & Vondrick 2023 (arXiv 2210.07183), equation 1; the control: Roth et al. 2023 (WaffleCLIP, arXiv
2306.07282).`,
  params: z.strictObject({
    label: z.string().default('group').describe('The category column that holds the truth.'),
    templates: z
      .array(z.string().refine(t => t.includes('{}'), 'a template holds {} where the class name goes'))
      .min(1)
      .default(['a photo of a {}.'])
      .describe('Prompts; {} stands for the class name.'),
    names: z
      .record(z.string(), z.array(z.string()).min(1))
      .default({})
      .describe('Other names for a class, used in the templates instead of its own.'),
    descriptions: z
      .record(z.string(), z.array(z.string()).min(1))
      .default({})
      .describe(
        'By class, what a picture of it shows, such as "which has red feathers"; for all classes or none.',
      ),
    describedBy: z
      .enum(['own', 'others'])
      .default('own')
      .describe('Whose descriptions a class gets; those of others are the control.'),
    dealSeed: z.int().min(0).default(0).describe('Seed of the dealing of the descriptions of others.'),
  }),
  inputs: pairInputs,
  types: (p, inputs) => {
    const field = own(port(inputs, 'dataset', 'dataset').schema.fields, p.label)
    const classes = field?.kind === 'category' ? field.classes : []
    for (const param of ['names', 'descriptions'] as const) {
      const stranger = Object.keys(p[param]).find(name => classes.length && !classes.includes(name))
      if (stranger !== undefined)
        throw new GraphFault('DT012', `"${p.label}" has no class "${stranger}"`, {
          field: `params.${param}.${stranger}`,
          hint: suggest(stranger, classes),
        })
    }
    const described = Object.keys(p.descriptions).length > 0
    const bare = described ? classes.find(name => own(p.descriptions, name) === undefined) : undefined
    if (bare !== undefined)
      throw new GraphFault('DT012', `the class "${bare}" has no description, but others have`, {
        field: 'params.descriptions',
        hint: 'Describe every class: one without has another kind of prompt than the rest.',
      })
    return { report: { kind: 'report' } }
  },
  needs: p => ({
    pairs: { port: 'pairs', rows: 'dataset', columns: 'texts' },
    fields: { [p.label]: 'category' },
  }),
  evaluate: async (context, p): Promise<Report> => {
    const { classes, values } = await context.category(p.label)
    const described = Object.keys(p.descriptions).length > 0
    const deal =
      p.describedBy === 'others' ? derangement(classes.length, p.dealSeed) : classes.map((_, c) => c)
    const scores = await classScores(
      context,
      classes.map((name, c) => {
        const prompts = (own(p.names, name) ?? [name]).flatMap(n =>
          p.templates.map(t => t.split('{}').join(n)),
        )
        if (!described) return prompts
        return prompts.flatMap(prompt => p.descriptions[classes[deal[c]!]!]!.map(d => extended(prompt, d)))
      }),
      described ? 'scores' : 'embeddings',
    )
    const labelled = values.flatMap((v, i) => (v >= 0 ? [i] : []))
    if (labelled.length === 0)
      throw new GraphFault('DT050', `no row of the dataset has a class in "${p.label}"`, {
        field: 'params.label',
      })
    return classificationReport(
      classes,
      { dataset: context.dataset, rows: labelled, truth: labelled.map(i => values[i]!) },
      row => scores(labelled[row]!),
    )
  },
})

/** `a hen.` with `which has red feathers` is `a hen, which has red feathers.` */
const extended = (prompt: string, description: string): string => {
  const stop = prompt.endsWith('.') ? '.' : ''
  return `${stop ? prompt.slice(0, -1) : prompt}, ${description}${stop}`
}
