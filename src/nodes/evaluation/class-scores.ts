import type { EvaluationContext } from '../../graph/host.ts'

/**
 * The score of each class for a row of the dataset, from the prompts of each class: the score of the mean of their
 * embeddings, or the mean of their scores.
 */
export async function classScores(
  context: EvaluationContext,
  prompts: readonly (readonly string[])[],
  mean: 'embeddings' | 'scores',
): Promise<(row: number) => ArrayLike<number>> {
  const texts = await context.embedTexts('columns', prompts.flat())
  const starts = prompts.map((_, c) => prompts.slice(0, c).reduce((sum, p) => sum + p.length, 0))
  const groups = prompts.map((own, c) => own.map((_, i) => starts[c]! + i))
  const rows = await context.embedDataset('rows')
  if (mean === 'embeddings') {
    const scores = await context.similarities(rows, context.ensemble(texts, groups))
    return row => scores.subarray(row * prompts.length, (row + 1) * prompts.length)
  }
  const scores = await context.similarities(rows, texts)
  return row =>
    groups.map(group => group.reduce((sum, g) => sum + scores[row * texts.rows + g]!, 0) / group.length)
}
