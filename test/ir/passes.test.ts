import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { optimize } from '../../src/ir/passes/optimize.ts'
import { printProgram } from '../../src/ir/print.ts'
import { tensor } from '../../src/ir/types.ts'

describe('all passes', () => {
  const perceptron = () => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [4, 2, 3]))
    const w = b.input('w', tensor('f32', [3, 8]))
    const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [2], rhsContract: [0] }
    const h = b.at('hidden', () => b.tanh(b.dotGeneral(x, w, dims)))
    const loss = b.at('loss', () => b.mean(b.mul(h, h), [0, 1, 2]))
    b.output('loss', loss)
    b.output('d_w', gradient(b, loss, [w])[0]!)
    return b.finish('p')
  }

  it('shorten a gradient', () => {
    expect(perceptron().equations.length).toBe(17)
    expect(optimize(perceptron()).equations.length).toBe(16)
    expect(printProgram(optimize(perceptron()), { origins: true })).toMatchInlineSnapshot(`
      "program p(%0:f32[4,2,3] x, %1:f32[3,8] w) {
        %2:f32[8,3] = reshape{shape=[8,3]} %0  ; hidden
        %3:f32[8,8] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %2 %1  ; hidden
        %4:f32[4,2,8] = reshape{shape=[4,2,8]} %3  ; hidden
        %5:f32[4,2,8] = tanh %4  ; hidden
        %6:f32[4,2,8] = mul %5 %5  ; loss
        %7:f32[] = reduce_sum{axes=[0,1,2]} %6  ; loss
        %8:f32[] = constant{values=[0.015625]}
        %9:f32[] = mul %7 %8  ; loss
        %10:f32[4,2,8] = constant{values=[0.015625]}  ; loss
        %11:f32[4,2,8] = mul %10 %5  ; loss
        %12:f32[4,2,8] = add %11 %11  ; loss
        %13:f32[4,2,8] = constant{values=[1]}  ; hidden
        %14:f32[4,2,8] = sub %13 %6  ; hidden
        %15:f32[4,2,8] = mul %12 %14  ; hidden
        %16:f32[8,8] = reshape{shape=[8,8]} %15  ; hidden
        %17:f32[3,8] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[0] rhsContract=[0]} %2 %16  ; hidden
        return loss=%9, d_w=%17
      }
      "
    `)
  })

  it('end at a program that they leave alone, and change neither inputs nor names', () => {
    const program = perceptron()
    const short = optimize(program)
    expect(optimize(short)).toBe(short)
    expect(short.inputs).toBe(program.inputs)
    expect(short.outputs.map(o => o.name)).toEqual(program.outputs.map(o => o.name))
  })

  it('take time in proportion to the program', () => {
    const b = new Builder()
    let x = b.input('x', tensor('f32', [4]))
    for (let i = 0; i < 2_000; i++) x = b.add(b.mul(b.exp(x), b.neg(b.neg(b.exp(x)))), b.scalar('f32', i % 7))
    b.output('y', x)
    const program = b.finish('long')
    const from = performance.now()
    const short = optimize(program)
    // About a tenth of a second; anything quadratic takes far longer.
    expect(performance.now() - from).toBeLessThan(5000)
    expect(program.equations.length).toBeGreaterThan(12_000)
    expect(short.equations.length).toBe(6_007)
  })
})
