import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheFolder } from '../../src/engine/paths.ts'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import * as ops from '../../src/ir/ops/index.ts'
import { printProgram } from '../../src/ir/print.ts'
import { type Equation, eliminateDeadCode, type Program, regionsOf } from '../../src/ir/program.ts'
import { parseType } from '../../src/ir/types.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { createReferenceBackend } from '../../src/runtime/reference/backend.ts'
import { createTfjsBackend } from '../../src/runtime/tfjs/backend.ts'
import { findBinding } from '../../src/runtime/tfjs/load.ts'
import { openXla, xlaPlugin } from './plugin.ts'
import { compare, programOf, search, showFailure } from './random/agree.ts'
import { readKept } from './random/kept.ts'
import { buildRecipe, type Recipe, recipes } from './random/recipe.ts'
import { primitives } from './table.ts'

const LONG = process.env.DIPTYCH_TEST_LONG === '1'
const SEED = 20_240
const COUNT = LONG ? 2000 : 100
const kept = readKept(new URL('random/kept.jsonl', import.meta.url))

function withGradient(recipe: Recipe): Program {
  const b = new Builder()
  const inputs = recipe.inputs.map((type, i) => b.input(`x${i}`, parseType(type)))
  const results = buildRecipe(b, recipe, inputs)
  results.forEach((v, i) => {
    b.output(`y${i}`, v)
  })
  const last = results[0]!
  const loss = b.sum(last, [...last.type.shape.keys()])
  gradient(b, loss, inputs).forEach((g, i) => {
    expect(g.type).toEqual(inputs[i]!.type)
    b.output(`g${i}`, g)
  })
  return b.finish('random')
}

const namesIn = (equations: readonly Equation[]): string[] =>
  equations.flatMap(eq => [eq.prim.name, ...regionsOf(eq).flatMap(r => namesIn(r.equations))])

/** Takes the cosine for the sine. */
const mistaken = (equations: readonly Equation[]): Equation[] =>
  equations.map(eq => ({
    ...eq,
    ...(eq.regions && { regions: eq.regions.map(r => ({ ...r, equations: mistaken(r.equations) })) }),
    prim: eq.prim.name === 'sin' ? { ...eq.prim, reference: ops.cos.reference } : eq.prim,
  }))

describe('random programs', () => {
  const options = { seed: SEED, numRuns: LONG ? 5000 : 300 }

  it('pass the checker, and so do their gradients', () => {
    fc.assert(
      fc.property(recipes, recipe => {
        checkProgram(programOf(recipe))
        checkProgram(withGradient(recipe))
      }),
      options,
    )
  })

  it('print and lower to the same text each time, and hold no dead code', () => {
    fc.assert(
      fc.property(recipes, recipe => {
        const [program, again] = [withGradient(recipe), withGradient(recipe)]
        expect(printProgram(again)).toBe(printProgram(program))
        expect(lowerToStableHlo(again)).toBe(lowerToStableHlo(program))
        expect(eliminateDeadCode(program).equations).toEqual(program.equations)
      }),
      { ...options, numRuns: LONG ? 500 : 60 },
    )
  })

  it('use every primitive', () => {
    const sample = fc.sample(recipes, { seed: SEED, numRuns: 1000 })
    const used = new Set(sample.flatMap(recipe => namesIn(withGradient(recipe).equations)))
    expect(primitives.map(p => p.name).filter(name => !used.has(name))).toEqual([])
  })

  it('find a wrong primitive, and make its program small', async () => {
    const reference = createReferenceBackend()
    const wrong: Backend = {
      ...reference,
      close: () => {},
      upload: array => reference.upload(array),
      compile: program => reference.compile({ ...program, equations: mistaken(program.equations) }),
    }
    const { failure } = await search(wrong, { seed: SEED, count: COUNT })
    const { steps } = failure!.recipe
    expect(steps.flatMap(step => [step, ...(step.body ?? [])]).length).toBeLessThanOrEqual(4)
    expect(namesIn(withGradient(failure!.recipe).equations)).toContain('sin')
    expect(failure!.problems.join()).toContain('the reference says')
  })

  const agrees = (open: () => Promise<Backend>): void => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(() => backend.close())

    it(
      `give the reference's values and gradients, ${COUNT} of them`,
      async () => {
        const { failure, unsettled } = await search(backend, { seed: SEED, count: COUNT })
        expect(failure === null ? '' : showFailure(failure)).toBe('')
        expect(unsettled).toBeLessThanOrEqual(0.03 * COUNT)
      },
      LONG ? 3_600_000 : 300_000,
    )

    it.each(kept.map(k => [`${k.backend} ${k.seed} ${k.path}`, k.recipe] as const))(
      'still give them where they once did not: %s',
      async (_, recipe) => {
        const problems = await compare(backend, recipe)
        expect(problems).toEqual([])
      },
    )
  }

  const plugin = xlaPlugin()
  if ('missing' in plugin) it.skip(`on XLA (skipped: ${plugin.missing})`, () => {})
  else describe('on XLA', () => agrees(() => openXla(plugin.path)))

  describe('on TensorFlow.js in WebAssembly', () => agrees(() => createTfjsBackend({ kind: 'wasm' })))

  const cacheDir = cacheFolder()
  if (findBinding('node', cacheDir))
    describe("on TensorFlow's own library", () => agrees(() => createTfjsBackend({ kind: 'node', cacheDir })))
  else it.skip("on TensorFlow's own library (skipped: `npm run setup:tfjs-node` installs it)", () => {})
})
