import { expect } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import type { GoldenArray } from './golden.ts'
import { difference, run, TestModel, type Values } from './scope.ts'

/** A layer of a golden file: what goes in, what comes out, gradients of Σ output · cotangent. */
export interface GoldenLayer {
  readonly inputs: Readonly<Record<string, GoldenArray>>
  readonly weights: Readonly<Record<string, GoldenArray>>
  readonly output: GoldenArray
  readonly cotangent: GoldenArray
  readonly gradients: Readonly<Record<string, GoldenArray>>
}

/** A path of our weights for a name of PyTorch's. */
const pathOf = (name: string): string => name.replaceAll('.', '/')

/**
 * Builds the layer on the file's inputs, and compares the names and shapes of its weights, its output and all
 * gradients with the file. `further`: values of inputs that have no gradient.
 */
export function compareLayer(
  golden: GoldenLayer,
  build: (model: TestModel, inputs: Readonly<Record<string, Var>>) => Var,
  further: Values = {},
): void {
  const model = new TestModel()
  const { b } = model
  const inputs = Object.fromEntries(
    Object.entries(golden.inputs).map(([name, a]) => [name, model.input(name, `f32[${a.shape}]`)]),
  )
  const output = build(model, inputs)
  expect(Object.fromEntries([...model.weights].map(([name, w]) => [name, w.shape]))).toEqual(
    Object.fromEntries(Object.entries(golden.weights).map(([name, w]) => [pathOf(name), w.shape])),
  )
  const loss = b.sum(
    b.mul(output, b.constant(output.type, golden.cotangent.data)),
    output.type.shape.map((_, i) => i),
  )
  const names = Object.keys(golden.gradients)
  const grads = gradient(
    b,
    loss,
    names.map(n => inputs[n] ?? model.weights.get(pathOf(n))!.value),
  )
  const program = model.program({
    output,
    ...Object.fromEntries(grads.map((g, i) => [`gradient of ${names[i]}`, g])),
  })
  const given = Object.entries({ ...golden.inputs, ...golden.weights }).map(([n, a]) => [pathOf(n), a.data])
  const results = run(program, { ...Object.fromEntries(given), ...further })
  expect(difference(results.output!, golden.output.data)).toBeLessThan(1e-9)
  for (const name of names)
    expect([name, difference(results[`gradient of ${name}`]!, golden.gradients[name]!.data) < 1e-9]).toEqual([
      name,
      true,
    ])
}
