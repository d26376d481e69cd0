import fc from 'fast-check'
import { Builder } from '../../../src/ir/builder.ts'
import { printProgram } from '../../../src/ir/print.ts'
import type { Program } from '../../../src/ir/program.ts'
import { parseType } from '../../../src/ir/types.ts'
import type { Backend } from '../../../src/runtime/backend.ts'
import { buildSuite, difference, runOnce } from '../run-all.ts'
import { buildRecipe, type Recipe, recipeEntry, recipes } from './recipe.ts'
import { settledResults } from './settled.ts'

/** The values of a recipe's inputs depend on the recipe alone, so that a kept one says all. */
const VALUES = 1

/** What a backend makes of a recipe: where it differs from the reference, or 'unsettled' where that says nothing. */
export async function compare(backend: Backend, recipe: Recipe): Promise<readonly string[] | 'unsettled'> {
  const suite = buildSuite([recipeEntry(recipe, VALUES)])
  const expected = settledResults(suite)
  if (!expected) return 'unsettled'
  const got = await runOnce(backend, suite.program, suite.values)
  return suite.outputs.flatMap(({ what, tol }, i) => {
    const problem = difference(expected[i]!, got[i]!, tol)
    return problem ? [`${what} ${problem}`] : []
  })
}

/** A recipe's program, without gradients. */
export function programOf(recipe: Recipe): Program {
  const b = new Builder()
  const inputs = recipe.inputs.map((type, i) => b.input(`x${i}`, parseType(type)))
  buildRecipe(b, recipe, inputs).forEach((v, i) => {
    b.output(`y${i}`, v)
  })
  return b.finish('random')
}

/** A recipe that fails, made as small as it goes. */
export interface Failure {
  readonly recipe: Recipe
  readonly problems: readonly string[]
  readonly seed: number
  readonly path: string
  readonly shrinks: number
}

/** The recipe's program and what is wrong with it. */
export const showFailure = ({ recipe, problems }: Pick<Failure, 'recipe' | 'problems'>): string =>
  [JSON.stringify(recipe), ...problems, printProgram(programOf(recipe))].join('\n')

export interface Search {
  readonly seed: number
  readonly count: number
  readonly onProgram?: (done: number) => void
}

/**
 * Tries `count` random programs, values and gradients; gives the first failure, shrunken, and how many programs
 * hung on their roundings and were left out.
 */
export async function search(
  backend: Backend,
  { seed, count, onProgram }: Search,
): Promise<{ readonly failure: Failure | null; readonly unsettled: number }> {
  const problems = new Map<string, readonly string[]>()
  let [unsettled, done] = [0, 0]
  const details = await fc.check(
    fc.asyncProperty(recipes, async recipe => {
      const found = await compare(backend, recipe).catch((e: unknown) => [`threw ${String(e)}`])
      if (found === 'unsettled') unsettled++
      fc.pre(found !== 'unsettled')
      if (found.length === 0) onProgram?.(++done)
      problems.set(JSON.stringify(recipe), found)
      return found.length === 0
    }),
    { seed, numRuns: count, maxSkipsPerRun: count },
  )
  if (!details.failed) return { failure: null, unsettled }
  if (!details.counterexample)
    throw new Error(`too many of ${details.numRuns} programs hang on their roundings`)
  const [recipe] = details.counterexample
  return {
    failure: {
      recipe,
      problems: problems.get(JSON.stringify(recipe)) ?? [],
      seed: details.seed,
      path: details.counterexamplePath ?? '',
      shrinks: details.numShrinks,
    },
    unsettled,
  }
}
