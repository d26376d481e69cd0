import { expect } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import type { RefTensor } from '../../src/ir/reference.ts'
import { tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { randomTensor, seeded } from '../conformance/values.ts'

export const F = tensor('f32', [])
export const F2 = tensor('f32', [2])
export const F32 = tensor('f32', [3, 2])

/** A program of values and, of the sum of the first, the gradients by all inputs. */
export function programOf(
  inputs: Readonly<Record<string, Var['type']>>,
  build: (b: Builder, ...xs: Var[]) => Var[],
  grad = true,
): Program {
  const b = new Builder()
  const xs = Object.entries(inputs).map(([name, type]) => b.input(name, type))
  const ys = build(b, ...xs)
  ys.forEach((y, i) => {
    b.output(`y${i}`, y)
  })
  if (grad) {
    const loss = b.sum(ys[0]!, [...ys[0]!.type.shape.keys()])
    gradient(b, loss, xs).forEach((g, i) => {
      b.output(`d_${Object.keys(inputs)[i]}`, g)
    })
  }
  const program = b.finish('p')
  checkProgram(program)
  return program
}

export const run = (p: Program, seed = 1): RefTensor[] => {
  const random = seeded(seed, 0)
  return evaluate(
    p,
    p.inputs.map(i => randomTensor(i.value.type, random)),
  )
}

export function expectSame(a: Program, c: Program): void {
  const [got, want] = [run(a), run(c)]
  expect(got.length).toBe(want.length)
  got.forEach((g, i) => {
    expect(g.type).toEqual(want[i]!.type)
    g.data.forEach((v, k) => {
      expect(v).toBeCloseTo(want[i]!.data[k]!, 12)
    })
  })
}

export const slice = (b: Builder, xs: Var, t: number): Var =>
  b.reshape(b.sliceAxis(xs, 0, t, t + 1), xs.type.shape.slice(1))
export const step = (b: Builder, h: Var, x: Var, w: Var): Var => b.tanh(b.add(b.mul(h, w), b.exp(x)))
