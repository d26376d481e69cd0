import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { isFloat } from '../../src/ir/types.ts'
import { noise, run, TestModel, type Values, withNoise } from './scope.ts'

/** Step of the central difference: its own error is about step², rounding about 1e-16 / step. */
const STEP = 1e-5

/**
 * The relative error of the gradient of Σ (result · fixed noise) with respect to all float inputs and weights,
 * against a central difference along one random direction, in float64.
 */
export function gradientError(
  build: (model: TestModel) => Var,
  values: Values = {},
  model = new TestModel(),
): number {
  const { b } = model
  const y = build(model)
  const weights = b.constant(y.type, [...noise('cotangent', y.type.shape)])
  const scalar = b.sum(
    b.mul(y, weights),
    y.type.shape.map((_, i) => i),
  )
  const { inputs } = b.finish('inputs')
  const smooth = inputs.filter(i => isFloat(i.value.type.dtype))
  const gradients = gradient(
    b,
    scalar,
    smooth.map(i => i.value),
  )
  const program = model.program({
    scalar,
    ...Object.fromEntries(gradients.map((g, k) => [smooth[k]!.name, g])),
  })
  const at = withNoise(program, values)
  const direction = new Map(
    smooth.map(({ name, value }) => [name, noise(`direction ${name}`, value.type.shape)]),
  )
  const moved = (step: number): number => {
    const shifted = smooth.map(({ name }) => {
      const d = direction.get(name)!
      return [name, Float64Array.from(at[name]!, (x, i) => x + step * d[i]!)]
    })
    return run(program, { ...at, ...Object.fromEntries(shifted) }).scalar![0]!
  }
  const numeric = (moved(STEP) - moved(-STEP)) / (2 * STEP)
  const results = run(program, at)
  const analytic = smooth.reduce((sum, { name }) => {
    const d = direction.get(name)!
    return results[name]!.reduce((s, g, i) => s + g * d[i]!, sum)
  }, 0)
  return Math.abs(analytic - numeric) / Math.max(1, Math.abs(numeric))
}
