import { describe, expect, it } from 'vitest'
import { gradient, pullback } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { printProgram } from '../../src/ir/print.ts'
import type { Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'

const F3 = tensor('f32', [3])

/** Gradients of a scalar with respect to float vectors of three, at given points. */
function gradients(f: (b: Builder, ...xs: Var[]) => Var, ...points: number[][]): number[][] {
  const b = new Builder()
  const xs = points.map((_, i) => b.input(`x${i}`, F3))
  gradient(b, f(b, ...xs), xs).forEach((g, i) => {
    b.output(`g${i}`, g)
  })
  const program = b.finish('p')
  checkProgram(program)
  return evaluate(
    program,
    points.map(p => ({ type: F3, data: Float64Array.from(p) })),
  ).map(g => [...g.data])
}

describe('reverse mode', () => {
  it('adds the gradients of all uses of a value', () => {
    expect(gradients((b, x) => b.sum(b.add(b.mul(x!, x!), b.mul(x!, 3)), [0]), [1, 2, -4])).toEqual([
      [5, 7, -5],
    ])
  })

  it('sends nothing through a stop-gradient', () => {
    expect(gradients((b, x) => b.sum(b.mul(x!, b.stopGradient(x!)), [0]), [1, 2, -4])).toEqual([[1, 2, -4]])
    expect(gradients((b, x) => b.sum(b.stopGradient(b.exp(x!)), [0]), [1, 2, -4])).toEqual([[0, 0, 0]])
  })

  it('gives zeros for what the loss does not depend on', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    const unused = b.input('unused', tensor('bf16', [2, 2]))
    const ids = b.input('ids', tensor('s32', [4]))
    const [, g, h] = gradient(b, b.sum(x, [0]), [x, unused, ids])
    expect([g!.type, h!.type]).toEqual([unused.type, ids.type])
    b.output('g', g!)
    b.output('h', h!)
    expect(printProgram(b.finish('p'))).toMatchInlineSnapshot(`
      "program p(%0:f32[3] x, %1:bf16[2,2] unused, %2:s32[4] ids) {
        %3:bf16[] = constant{values=[0]}
        %4:bf16[2,2] = broadcast{shape=[2,2] dims=[]} %3
        %5:s32[] = constant{values=[0]}
        %6:s32[4] = broadcast{shape=[4] dims=[]} %5
        return g=%4, h=%6
      }
      "
    `)
  })

  it('does not differentiate integers, and lets them take part', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    const n = b.input('n', tensor('s32', [3]))
    const loss = b.sum(b.mul(x, b.convert(b.add(n, 1), 'f32')), [0])
    const [dx, dn] = gradient(b, loss, [x, n])
    b.output('dx', dx!)
    b.output('dn', dn!)
    const data = Float64Array.of(1, 2, 3)
    const results = evaluate(b.finish('p'), [
      { type: F3, data },
      { type: n.type, data },
    ])
    expect(results.map(r => [...r.data])).toEqual([
      [2, 3, 4],
      [0, 0, 0],
    ])
  })

  it('differentiates with respect to a value in the middle', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    const h = b.exp(x)
    const loss = b.sum(b.mul(h, h), [0])
    const [dh, dx] = gradient(b, loss, [h, x])
    b.output('dh', dh!)
    b.output('dx', dx!)
    const [gh, gx] = evaluate(b.finish('p'), [{ type: F3, data: Float64Array.of(0, 1, 2) }])
    expect([...gh!.data]).toEqual([0, 1, 2].map(v => 2 * Math.exp(v)))
    gx!.data.forEach((v, i) => {
      expect(v).toBeCloseTo(2 * Math.exp(2 * i), 9)
    })
  })

  it('gives 1 for the loss itself, and differentiates a gradient again', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    const loss = b.sum(b.mul(b.mul(x, x), x), [0])
    const [dl] = gradient(b, loss, [loss])
    const [dx] = gradient(b, loss, [x])
    const [ddx] = gradient(b, b.sum(dx!, [0]), [x])
    b.output('dl', dl!)
    b.output('ddx', ddx!)
    const program = b.finish('p')
    checkProgram(program)
    const [one, second] = evaluate(program, [{ type: F3, data: Float64Array.of(1, 2, 3) }])
    expect([...one!.data]).toEqual([1])
    expect([...second!.data]).toEqual([6, 12, 18])
  })

  it('shares the gradient of a maximum between equals, and gives ties of two operands to the first', () => {
    expect(gradients((b, x) => b.reduceMax(x!, [0]), [2, 1, 2])).toEqual([[0.5, 0, 0.5]])
    expect(gradients((b, x, y) => b.sum(b.max(x!, y!), [0]), [1, 2, 3], [1, 3, 2])).toEqual([
      [1, 0, 1],
      [0, 1, 0],
    ])
    expect(gradients((b, x, y) => b.sum(b.min(x!, y!), [0]), [1, 2, 3], [1, 3, 2])).toEqual([
      [1, 1, 0],
      [0, 0, 1],
    ])
    expect(gradients((b, x) => b.sum(b.abs(x!), [0]), [0, -1, 1])).toEqual([[1, -1, 1]])
  })

  it('adds the gradients of one row looked up twice', () => {
    const rows = {
      offsetDims: [],
      collapsedDims: [0],
      operandBatch: [],
      indexBatch: [],
      startIndexMap: [0],
      indexVectorDim: 1,
      sliceSizes: [1],
    }
    const twice = (b: Builder, x: Var) => b.gather(x, b.constant(tensor('s32', [4]), [1, 1, 0, 1]), rows)
    expect(gradients((b, x) => b.sum(twice(b, x!), [0]), [5, 6, 7])).toEqual([[1, 3, 0]])
  })

  it('lets each gradient equation carry the node of the equation it came from', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    const h = b.at('encoder', () => b.tanh(x))
    const loss = b.at('loss', () => b.sum(b.mul(h, h), [0]))
    const before = b.equations.length
    gradient(b, loss, [x])
    const made = b.equations.slice(before).map(e => `${e.prim.name} of ${e.origin}`)
    expect(made).toMatchInlineSnapshot(`
      [
        "constant of null",
        "broadcast of loss",
        "mul of loss",
        "mul of loss",
        "add of loss",
        "mul of encoder",
        "broadcast of encoder",
        "sub of encoder",
        "mul of encoder",
      ]
    `)
  })

  it('does not build gradients of frozen operands', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    const frozen = b.input('frozen', F3)
    const loss = b.sum(b.mul(x, b.exp(frozen)), [0])
    const before = b.equations.length
    gradient(b, loss, [x])
    expect(b.equations.slice(before).map(e => e.prim.name)).toEqual(['constant', 'broadcast', 'mul'])
  })

  it('refuses a loss that is no float scalar, and a cotangent of another type', () => {
    const b = new Builder()
    const x = b.input('x', F3)
    expect(() => gradient(b, x, [x])).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: a gradient starts from a float scalar, got f32[3]]`,
    )
    expect(() => gradient(b, b.argmax(x, 0), [x])).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: a gradient starts from a float scalar, got s32[]]`,
    )
    expect(() => pullback(b, x, b.fill(tensor('f32', [2]), 1), [x])).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: a cotangent has the float type of its value: f32[3] came with f32[2]]`,
    )
  })
})
