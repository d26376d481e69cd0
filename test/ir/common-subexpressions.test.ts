import { describe, expect, it } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { mergeCommonSubexpressions } from '../../src/ir/passes/common-subexpressions.ts'
import { removeDeadCode } from '../../src/ir/passes/dead-code.ts'
import { printProgram } from '../../src/ir/print.ts'
import { tensor } from '../../src/ir/types.ts'
import { programOf, through, vector, x23 } from './pass-kit.ts'

describe('common subexpressions', () => {
  it('merges equal equations, swapped sums too, under the first one’s graph node', () => {
    const text = through(mergeCommonSubexpressions, b => {
      const [x, y] = [x23(b), b.input('y', tensor('f32', [2, 3]))]
      const first = b.at('first', () => b.exp(b.add(x, y)))
      const second = b.at('second', () => b.exp(b.add(y, x)))
      return { y: b.sub(first, b.tanh(second)), z: second }
    })
    expect(text).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3] x, %1:f32[2,3] y) {
        %2:f32[2,3] = add %0 %1  ; first
        %3:f32[2,3] = exp %2  ; first
        %4:f32[2,3] = tanh %3
        %5:f32[2,3] = sub %3 %4
        return y=%5, z=%3
      }
      "
    `)
  })

  it('keeps apart what differs in a parameter, in the order of operands, or in the sign of zero', () => {
    const program = programOf(b => {
      const [x, y] = [x23(b), b.input('y', tensor('f32', [2, 3]))]
      return {
        a: b.sum(x, [0]),
        b: b.reduceMax(x, [0]),
        c: b.sum(x, [1]),
        d: b.sub(x, y),
        e: b.sub(y, x),
        f: b.max(x, y),
        g: b.max(y, x),
        h: vector(b, 'f32', [0, 1]),
        i: vector(b, 'f32', [-0, 1]),
        j: vector(b, 'f32', [Number.NaN, 1]),
        k: vector(b, 's32', [0, 1]),
      }
    })
    expect(mergeCommonSubexpressions(program)).toBe(program)
  })

  it('merges random bits of one key and counter', () => {
    const text = through(mergeCommonSubexpressions, b => {
      const key = b.input('key', tensor('u32', [2]))
      const count = b.iota('u32', [4], 0)
      const [a] = b.threefry(key, count, count)
      const [, d] = b.threefry(key, count, b.iota('u32', [4], 0))
      return { a, d }
    })
    expect(text).toMatchInlineSnapshot(`
      "program p(%0:u32[2] key) {
        %1:u32[4] = iota{dtype=u32 shape=[4] axis=0}
        %2:u32[4] %3:u32[4] = threefry2x32 %0 %1 %1
        return a=%2, d=%3
      }
      "
    `)
  })

  it('leaves optimisation barriers, and so what was recomputed behind them', () => {
    const program = programOf(b => {
      const x = x23(b)
      const again = b.optimizationBarrier([x])[0]!
      const third = b.optimizationBarrier([x])[0]!
      return { y: b.exp(x), z: b.exp(again), w: b.exp(third) }
    })
    expect(mergeCommonSubexpressions(program)).toBe(program)
  })

  it('merges inside a region, and regions that compute the same', () => {
    const text = through(mergeCommonSubexpressions, b => {
      const x = x23(b)
      const run = () =>
        b.scan([b.zerosLike(b.sum(x, [0]))], [x], (c, [carry], [row]) => ({
          carry: [c.add(carry!, c.mul(c.exp(row!), c.exp(row!)))],
        })).carry[0]!
      return { y: run(), z: b.tanh(run()) }
    })
    expect(text).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3] x) {
        %1:f32[] = constant{values=[0]}
        %2:f32[3] = broadcast{shape=[3] dims=[]} %1
        %3:f32[3] = scan{carries=1 xs=1 length=2 reverse=false remat=false} %2 %0
          body(%4:f32[3], %5:f32[3]) {
            %6:f32[3] = exp %5
            %7:f32[3] = mul %6 %6
            %8:f32[3] = add %4 %7
            return %8
          }
        %4:f32[3] = tanh %3
        return y=%3, z=%4
      }
      "
    `)
  })
})

describe('dead code', () => {
  it('goes, in regions too; inputs stay', () => {
    const b = new Builder()
    const [x, unused] = [x23(b), b.input('unused', tensor('f32', [5]))]
    b.exp(unused)
    const { carry } = b.scan([b.sum(x, [0])], [x], (c, [carry], [row]) => {
      c.tanh(row!)
      return { carry: [c.add(carry!, row!)] }
    })
    b.output('y', carry[0]!)
    const { equations } = b
    const whole = { ...b.finish('p'), equations }
    expect(printProgram(removeDeadCode(whole))).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3] x, %1:f32[5] unused) {
        %2:f32[3] = reduce_sum{axes=[0]} %0
        %3:f32[3] = scan{carries=1 xs=1 length=2 reverse=false remat=false} %2 %0
          body(%4:f32[3], %5:f32[3]) {
            %6:f32[3] = add %4 %5
            return %6
          }
        return y=%3
      }
      "
    `)
    const clean = removeDeadCode(whole)
    expect(removeDeadCode(clean)).toBe(clean)
  })
})
