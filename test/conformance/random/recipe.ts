import fc from 'fast-check'
import type { Builder } from '../../../src/ir/builder.ts'
import type { Var } from '../../../src/ir/program.ts'
import { elementCount, isFloat, parseType } from '../../../src/ir/types.ts'
import { DEFAULT_TOLERANCE, type Entry } from '../table.ts'
import { caseValues, seeded } from '../values.ts'
import { controlOperations } from './control.ts'
import { integerOperations } from './integers.ts'
import { kinkedOperations } from './kinked.ts'
import type { Operation, Step } from './place.ts'
import { shapingOperations } from './shaping.ts'
import { mixedOperations, smoothOperations } from './smooth.ts'
import { kinkedWindows, smoothWindows } from './windows.ts'

/** A random program: the types of its inputs, and its steps. */
export interface Recipe {
  readonly inputs: readonly string[]
  readonly steps: readonly Step[]
}

const MOST_ELEMENTS = 512
const MOST_AXES = 4
/** How many of the last values a step may take its operand from. */
const REACH = 4

const smooth = { ...smoothOperations, ...shapingOperations, ...smoothWindows, ...integerOperations }
const kinked = { ...kinkedOperations, ...kinkedWindows }
const operations: Readonly<Record<string, Operation>> = {
  ...smooth,
  ...kinked,
  ...mixedOperations,
  ...controlOperations,
}

/** Steps, some of them with bodies of their own; a step with a body shrinks to one without. */
const steps = (names: readonly string[], most: number): fc.Arbitrary<Step[]> => {
  const numbers = { operand: fc.nat(99), detail: fc.nat(9999) }
  const plain: fc.Arbitrary<Step> = fc.record({ op: fc.constantFrom(...names), ...numbers })
  const step = (depth: number, weight: number): fc.Arbitrary<Step> => {
    if (depth === 0) return plain
    const body = fc.array(step(depth - 1, 5), { minLength: 1, maxLength: 3 })
    const control = fc.record({ op: fc.constantFrom(...Object.keys(controlOperations)), ...numbers, body })
    return fc.oneof(
      { withCrossShrink: true },
      { weight, arbitrary: plain },
      { weight: 1, arbitrary: control },
    )
  }
  return fc.array(step(2, 7), { minLength: 1, maxLength: most })
}

const shapes = (most: number) =>
  fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }), { minLength: 1, maxLength: most })

const typed = (dtype: string) => (shape: readonly number[]) => `${dtype}[${shape.join(',')}]`

/**
 * Well-typed programs: in f32, some with an integer input, or in bf16 and f32. What jumps or bends stands only in
 * f32 programs, since a rounding of bf16 often reaches over.
 */
export const recipes: fc.Arbitrary<Recipe> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      inputs: fc
        .tuple(shapes(3), fc.option(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 })))
        .map(([floats, whole]) => [...floats.map(typed('f32')), ...(whole ? [typed('s32')(whole)] : [])]),
      steps: steps(Object.keys({ ...smooth, ...kinked }), 10),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      inputs: shapes(2).map(list => list.map((s, i) => typed(i === 0 ? 'bf16' : 'f32')(s))),
      steps: steps(Object.keys({ ...smooth, ...mixedOperations }), 6),
    }),
  },
)

/** Carries out steps on values so far; what doesn't fit is left out. */
function carryOut(
  b: Builder,
  list: readonly Step[],
  given: readonly Var[],
  integers: readonly Var[],
  sides: Var[],
): Var[] {
  const pool = [...given]
  for (const { op, operand, detail, body = [] } of list) {
    const x = pool[pool.length - 1 - (operand % Math.min(pool.length, REACH))]!
    const made = operations[op]!({
      b,
      pool,
      x,
      detail,
      integers,
      sides,
      inner: (c, values, part = body) => carryOut(c, part, values, integers, []).at(-1)!,
      body,
    })
    if (!made || made.type.shape.length > MOST_AXES || elementCount(made.type.shape) > MOST_ELEMENTS) continue
    pool.push(made)
  }
  return pool
}

/** Builds a recipe's program on its inputs: gives its last float values, the last first, then integer ones. */
export function buildRecipe(b: Builder, recipe: Recipe, inputs: readonly Var[]): Var[] {
  const floats = inputs.filter(v => isFloat(v.type.dtype))
  const integers = inputs.filter(v => !isFloat(v.type.dtype))
  const sides: Var[] = []
  const pool = carryOut(b, recipe.steps, floats, integers, sides)
  return [...pool.slice(-3).toReversed(), ...sides.slice(-2)]
}

const hasBf16 = (recipe: Recipe): boolean => recipe.inputs.some(t => t.startsWith('bf16'))

/** What bf16 results may differ by, relative to max(1, |x|): some roundings of 2⁻⁸ each. */
const BF16_TOLERANCE = 0.06

/** Values for a recipe's inputs. */
export const recipeValues = (recipe: Recipe, seed: number) =>
  caseValues(
    recipe.inputs.map(type => ({ type, range: isFloat(parseType(type).dtype) ? [-2, 2] : [-99, 99] })),
    seeded(11, seed),
  )

/** A recipe as an entry of the conformance suite. */
export const recipeEntry = (recipe: Recipe, i: number): Entry => ({
  name: `random program ${i}`,
  values: recipeValues(recipe, i),
  build: (b, ins) => buildRecipe(b, recipe, ins),
  tol: hasBf16(recipe) ? BF16_TOLERANCE : DEFAULT_TOLERANCE,
  differentiable: true,
})
