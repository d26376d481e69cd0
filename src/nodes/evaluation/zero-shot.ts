import { GraphFault, suggest } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { defineEvaluator, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { pairInputs, proportionError } from './inputs.ts'

/**
 * The class that a row of scores names. The true class counts only if it beats every other: one that is
 * level with it, or a NaN on either side, is named instead, so that a constant scorer is never rewarded.
 */
export function predict(
  scores: ArrayLike<number>,
  truth: number,
): { readonly predicted: number; readonly tie: boolean } {
  const right = scores[truth]!
  let best = -1
  for (let c = 0; c < scores.length; c++) {
    if (c !== truth && !(scores[c]! < right) && (best < 0 || scores[c]! > scores[best]!)) best = c
  }
  return best < 0 ? { predicted: truth, tie: false } : { predicted: best, tie: !(scores[best]! > right) }
}

/** Confusion counts [true][predicted], accuracy, and the mean of the classes' recalls (classes with rows only). */
export function classify(
  truth: readonly number[],
  predicted: readonly number[],
  classes: number,
): { confusion: number[][]; top1: number; balanced: number; balancedError: number; present: number } {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  truth.forEach((t, i) => {
    confusion[t]![predicted[i]!]!++
  })
  const rows = confusion.map(row => row.reduce((a, b) => a + b, 0))
  const recalls = confusion.flatMap((row, c) => (rows[c] ? [{ recall: row[c]! / rows[c], n: rows[c] }] : []))
  const present = recalls.length
  const hits = confusion.reduce((sum, row, c) => sum + row[c]!, 0)
  return {
    confusion,
    top1: hits / truth.length,
    balanced: recalls.reduce((sum, r) => sum + r.recall, 0) / present,
    // The classes' recalls are independent proportions.
    balancedError:
      Math.sqrt(recalls.reduce((sum, r) => sum + proportionError(r.recall, r.n) ** 2, 0)) / present,
    present,
  }
}

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

top1 is the accuracy, balanced_accuracy the mean over classes of their recall, chance one over the number of
classes.

Source: Radford et al. 2021 (arXiv 2103.00020), section 3.1.4; the recipe is open_clip's.`,
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
  }),
  inputs: pairInputs,
  types: (p, inputs) => {
    const field = own(port(inputs, 'dataset', 'dataset').schema.fields, p.label)
    const classes = field?.kind === 'category' ? field.classes : []
    const stranger = Object.keys(p.names).find(name => classes.length && !classes.includes(name))
    if (stranger !== undefined)
      throw new GraphFault('DT012', `"${p.label}" has no class "${stranger}"`, {
        field: `params.names.${stranger}`,
        hint: suggest(stranger, classes),
      })
    return { report: { kind: 'report' } }
  },
  needs: p => ({ pairs: 'pairs', rows: 'dataset', columns: 'texts', fields: { [p.label]: 'category' } }),
  evaluate: async (context, p): Promise<Report> => {
    const { classes, values } = await context.category(p.label)
    const prompts: string[] = []
    const groups = classes.map(name => {
      const texts = (own(p.names, name) ?? [name]).flatMap(n => p.templates.map(t => t.split('{}').join(n)))
      const from = prompts.length
      prompts.push(...texts)
      return texts.map((_, i) => from + i)
    })
    const texts = context.ensemble(await context.embedTexts('columns', prompts), groups)
    const scores = await context.similarities(await context.embedDataset('rows'), texts)
    const labelled = values.flatMap((v, i) => (v >= 0 ? [i] : []))
    if (labelled.length === 0)
      throw new GraphFault('DT050', `no row of the dataset has a class in "${p.label}"`, {
        field: 'params.label',
      })
    const truth = labelled.map(i => values[i]!)
    let ties = 0
    const predicted = labelled.map((i, k) => {
      const { predicted, tie } = predict(
        scores.subarray(i * classes.length, (i + 1) * classes.length),
        truth[k]!,
      )
      if (tie) ties++
      return predicted
    })
    const result = classify(truth, predicted, classes.length)
    return {
      metrics: {
        top1: result.top1,
        balanced_accuracy: result.balanced,
        chance: 1 / classes.length,
        classes: classes.length,
        classes_present: result.present,
        ties,
        n: truth.length,
      },
      standardErrors: {
        top1: proportionError(result.top1, truth.length),
        balanced_accuracy: result.balancedError,
      },
      matrices: [{ title: 'Confusion', rowLabels: classes, columnLabels: classes, values: result.confusion }],
    }
  },
})
