import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gradient, pullback } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { type Equation, regionsOf } from '../../src/ir/program.ts'
import type { RefTensor } from '../../src/ir/reference.ts'
import { elementCount, isFloat, tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { edgeEntries } from '../conformance/edge-cases.ts'
import { recipeEntry, recipes } from '../conformance/random/recipe.ts'
import { type Entry, primitiveEntries, primitives } from '../conformance/table.ts'
import { randomTensor, seeded } from '../conformance/values.ts'

/** Step of the five-point central difference; its own error is about STEP⁴. */
const STEP = 2e-5
const TOLERANCE = 1e-6

const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0)

/** The derivative along a random direction: by the VJP and by finite differences, both in float64. */
function bothWays(entry: Entry): { byRule: number; byDifferences: number } {
  const random = seeded(7, entry.name.length)
  const b = new Builder()
  const ins = entry.values.map((v, i) => b.input(`x${i}`, v.type))
  const outs = entry.build(b, ins)
  const y = outs[0]!
  const ct = b.input('ct', y.type)
  b.output('y', y)
  pullback(b, y, ct, ins).forEach((g, i) => {
    b.output(`g${i}`, g)
  })
  const program = b.finish('case')
  checkProgram(program)
  const cotangent = randomTensor(y.type, random)
  const at = (xs: readonly RefTensor[]) => evaluate(program, [...xs, cotangent])
  const directions = entry.values.map(v => (isFloat(v.type.dtype) ? randomTensor(v.type, random) : null))
  const moved = (h: number) =>
    entry.values.map((v, i) => {
      const u = directions[i]
      return u ? { type: v.type, data: v.data.map((x, k) => x + h * u.data[k]!) } : v
    })
  const f = (h: number) => dot(at(moved(h))[0]!.data, cotangent.data)
  const gradients = at(entry.values).slice(1)
  gradients.forEach((g, i) => {
    expect(g.type).toEqual(entry.values[i]!.type)
  })
  return {
    byRule: directions.reduce((sum, u, i) => sum + (u ? dot(u.data, gradients[i]!.data) : 0), 0),
    byDifferences: (8 * (f(STEP) - f(-STEP)) - (f(2 * STEP) - f(-2 * STEP))) / (12 * STEP),
  }
}

/** Their rules differ from their values' slopes, which is what they are for. */
const ESTIMATORS = ['stop_gradient', 'straight_through']
const differentiable = [...primitiveEntries, ...edgeEntries].filter(
  e => e.differentiable && !ESTIMATORS.some(name => e.name.startsWith(name)),
)

/** Whether its float inputs or its first result have no elements, so that there is nothing to differentiate. */
function isEmpty(entry: Entry): boolean {
  if (entry.values.every(v => !isFloat(v.type.dtype) || v.data.length === 0)) return true
  const b = new Builder()
  const [y] = entry.build(
    b,
    entry.values.map((v, i) => b.input(`x${i}`, v.type)),
  )
  return elementCount(y!.type.shape) === 0
}

describe('vector-Jacobian products against finite differences in float64', () => {
  it.each(differentiable.map(e => [e.name, e] as const))('%s', (_, entry) => {
    const { byRule, byDifferences } = bothWays(entry)
    const size = Math.max(Math.abs(byRule), Math.abs(byDifferences))
    expect(Math.abs(byRule - byDifferences)).toBeLessThanOrEqual(TOLERANCE * Math.max(size, 0.1))
  })

  it('covers every primitive that has a rule and float inputs, with gradients that are not all 0', () => {
    const trivial = differentiable.filter(e => !isEmpty(e) && bothWays(e).byRule === 0).map(e => e.name)
    expect(trivial).toEqual([])
    const covered = new Set(differentiable.map(e => e.name.split(' ')[0]))
    const withRule = primitives.filter(p => typeof p.vjp === 'function').map(p => p.name)
    expect(withRule.filter(name => !covered.has(name))).toEqual([
      'constant',
      'iota',
      'stop_gradient',
      'straight_through',
    ])
  })
})

/** A stop-gradient makes the rule differ from the differences, as it should. */
const stops = (entry: Entry): boolean => {
  const b = new Builder()
  entry.build(
    b,
    entry.values.map((v, i) => b.input(`x${i}`, v.type)),
  )
  const stopsIn = (equations: readonly Equation[]): boolean =>
    equations.some(eq => ESTIMATORS.includes(eq.prim.name) || regionsOf(eq).some(r => stopsIn(r.equations)))
  return stopsIn(b.equations)
}

const samples = fc
  .sample(recipes, { seed: 7, numRuns: process.env.DIPTYCH_TEST_LONG === '1' ? 3000 : 200 })
  .map(recipeEntry)
  .filter(entry => !stops(entry))

it.each(samples.map(entry => [entry.name, entry] as const))('%s', (_, entry) => {
  const { byRule, byDifferences } = bothWays(entry)
  const size = Math.max(Math.abs(byRule), Math.abs(byDifferences))
  expect(Math.abs(byRule - byDifferences)).toBeLessThanOrEqual(TOLERANCE * Math.max(size, 0.1))
})

describe('primitives without a derivative', () => {
  const without = primitives.flatMap(p => (typeof p.vjp === 'function' ? [] : [{ p, why: p.vjp }]))

  it.each(without.map(({ p, why }) => [p.name, why.notDifferentiable]))('%s says why: %s', (_, reason) => {
    expect(reason.length).toBeGreaterThan(10)
  })

  it('names the node, the primitive and the reason when a gradient asks for one', () => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [3]))
    const loss = b.at('quantise', () => b.sum(b.floor(x), [0]))
    expect(() => gradient(b, loss, [x])).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: the loss depends on a trained weight through "floor", which has no derivative: floor is piecewise constant: its derivative is 0 or undefined. Put a stop-gradient before it or compute it from frozen values.]`,
    )
    expect(() => gradient(b, loss, [x])).toThrow(expect.objectContaining({ origin: 'quantise' }))
  })

  it('lets a stop-gradient stand before it, as the message advises', () => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [3]))
    const loss = b.sum(b.mul(x, b.floor(b.stopGradient(x))), [0])
    b.output('g', gradient(b, loss, [x])[0]!)
    const [g] = evaluate(b.finish('p'), [{ type: x.type, data: Float64Array.of(1.5, -0.5, 2) }])
    expect([...g!.data]).toEqual([1, -1, 2])
  })

  it('asks for none behind integers and bools', () => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [3]))
    const rank = b.convert(b.argmax(x, 0), 'f32')
    const positive = b.convert(b.compare('GT', x, 0), 'f32')
    const rounded = b.convert(b.convert(x, 's32'), 'f32')
    const loss = b.sum(b.mul(b.mul(x, rank), b.mul(b.floor(positive), rounded)), [0])
    b.output('g', gradient(b, loss, [x])[0]!)
    const [g] = evaluate(b.finish('p'), [{ type: x.type, data: Float64Array.of(1.5, -0.5, 3) }])
    expect([...g!.data]).toEqual([2, 0, 6])
  })
})
