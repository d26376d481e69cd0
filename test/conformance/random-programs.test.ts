import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { printProgram } from '../../src/ir/print.ts'
import { eliminateDeadCode, type Program } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { openXla, xlaPlugin } from './plugin.ts'
import { buildRecipe, type Recipe, recipeEntry, recipes } from './random-programs.ts'
import { runAll } from './run-all.ts'

const LONG = process.env.DIPTYCH_TEST_LONG === '1'
const SEED = 20_240
/** Programs compiled together. */
const BATCH = 30
const BATCHES = LONG ? 30 : 1

function programOf(recipe: Recipe, withGradient: boolean): Program {
  const b = new Builder()
  const inputs = recipe.shapes.map((s, i) => b.input(`x${i}`, tensor('f32', s)))
  const results = buildRecipe(b, recipe, inputs)
  results.forEach((v, i) => {
    b.output(`y${i}`, v)
  })
  if (withGradient) {
    const last = results.at(-1)!
    const loss = b.sum(last, [...last.type.shape.keys()])
    gradient(b, loss, inputs).forEach((g, i) => {
      expect(g.type).toEqual(inputs[i]!.type)
      b.output(`g${i}`, g)
    })
  }
  return b.finish('random')
}

describe('random programs', () => {
  const options = { seed: SEED, numRuns: LONG ? 5000 : 300 }

  it('pass the checker, and so do their gradients', () => {
    fc.assert(
      fc.property(recipes, recipe => {
        checkProgram(programOf(recipe, false))
        checkProgram(programOf(recipe, true))
      }),
      options,
    )
  })

  it('print and lower to the same text each time, and hold no dead code', () => {
    fc.assert(
      fc.property(recipes, recipe => {
        const [program, again] = [programOf(recipe, true), programOf(recipe, true)]
        expect(printProgram(again)).toBe(printProgram(program))
        expect(lowerToStableHlo(again)).toBe(lowerToStableHlo(program))
        expect(eliminateDeadCode(program).equations).toEqual(program.equations)
      }),
      { ...options, numRuns: LONG ? 500 : 60 },
    )
  })

  const plugin = xlaPlugin()
  if ('missing' in plugin) {
    it.skip(`evaluate equal on XLA and the reference (skipped: ${plugin.missing})`, () => {})
    return
  }

  describe('on XLA', () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await openXla(plugin.path)
    })
    afterAll(() => backend.close())
    const samples = fc.sample(recipes, { seed: SEED, numRuns: BATCH * BATCHES })

    it.each(Array.from({ length: BATCHES }, (_, i) => i))(
      'evaluate as on the reference, and so do their gradients, batch %i',
      async batch => {
        const chosen = samples.slice(batch * BATCH, (batch + 1) * BATCH)
        const entries = chosen.map((r, i) => recipeEntry(r, batch * BATCH + i))
        const report = await runAll(backend, entries)
        const wrong = entries.flatMap((e, i) => {
          const problems = report.get(e.name)!
          return problems.length
            ? [[e.name, ...problems, printProgram(programOf(chosen[i]!, false))].join('\n')]
            : []
        })
        expect(wrong.join('\n\n')).toBe('')
      },
      120_000,
    )
  })
})
