import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { cleanUp } from '../../src/ir/passes/algebra.ts'
import { collapseDots } from '../../src/ir/passes/collapse-dots.ts'
import { mergeCommonSubexpressions } from '../../src/ir/passes/common-subexpressions.ts'
import { foldConstants } from '../../src/ir/passes/constant-folding.ts'
import { removeDeadCode } from '../../src/ir/passes/dead-code.ts'
import { optimize } from '../../src/ir/passes/optimize.ts'
import type { Pass } from '../../src/ir/passes/rewrite.ts'
import { printProgram } from '../../src/ir/print.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import { type DType, tensor } from '../../src/ir/types.ts'

function programOf(build: (b: Builder) => Readonly<Record<string, Var>>): Program {
  const b = new Builder()
  for (const [name, v] of Object.entries(build(b))) b.output(name, v)
  const program = b.finish('p')
  checkProgram(program)
  return program
}

/** What a pass makes of a program, without what it left unused, as text. */
function through(pass: Pass, build: (b: Builder) => Readonly<Record<string, Var>>): string {
  const made = pass(programOf(build))
  checkProgram(made)
  return printProgram(removeDeadCode(made), { origins: true })
}

const x23 = (b: Builder) => b.input('x', tensor('f32', [2, 3]))
const vector = (b: Builder, dtype: DType, values: readonly number[]) =>
  b.constant(tensor(dtype, [values.length]), values)

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

describe('constant folding', () => {
  it('computes integers as they wrap, and floats whose rounding is certain', () => {
    const text = through(foldConstants, b => ({
      wraps: b.add(b.scalar('u32', 4294967295), b.scalar('u32', 2)),
      mixes: b.xor(vector(b, 'u32', [1, 2, 3]), b.fill(tensor('u32', [3]), 2)),
      quarter: b.mul(b.scalar('f32', 0.25), b.scalar('f32', 0.1)),
      zero: b.mul(b.scalar('f32', -1), b.scalar('f32', 0)),
      truth: b.compare('LT', vector(b, 'f32', [1, 2]), vector(b, 'f32', [2, 1])),
      whole: b.convert(b.scalar('f32', 3.7), 's32'),
      filled: b.add(b.fill(tensor('f32', [64, 64]), 1), b.fill(tensor('f32', [64, 64]), 2)),
      turned: b.transpose(b.reshape(vector(b, 'f32', [1, 2, 3, 4]), [2, 2]), [1, 0]),
    }))
    expect(text).toMatchInlineSnapshot(`
      "program p() {
        %0:u32[] = constant{values=[1]}
        %1:u32[3] = constant{values=[3,0,1]}
        %2:f32[] = constant{values=[0.025]}
        %3:f32[] = constant{values=[-0]}
        %4:bool[2] = constant{values=[1,0]}
        %5:s32[] = constant{values=[3]}
        %6:f32[64,64] = constant{values=[3]}
        %7:f32[2,2] = constant{values=[1,3,2,4]}
        return wraps=%0, mixes=%1, quarter=%2, zero=%3, truth=%4, whole=%5, filled=%6, turned=%7
      }
      "
    `)
  })

  it('leaves what a device may round, flush or choose otherwise', () => {
    const long = Array.from({ length: 300 }, (_, i) => i)
    const program = programOf(b => {
      const f32 = (v: number) => b.scalar('f32', v)
      const bf16 = (v: number) => b.scalar('bf16', v)
      return {
        rounds: b.mul(f32(0.1), f32(0.3)),
        divides: b.div(f32(1), f32(4)),
        exp: b.exp(f32(0)),
        nan: b.add(f32(Number.NaN), f32(1)),
        infinite: b.mul(f32(Number.POSITIVE_INFINITY), f32(2)),
        overflow: b.mul(f32(3e38), f32(2)),
        subnormal: b.mul(f32(1e-30), f32(1e-10)),
        below: b.abs(f32(1e-40)),
        bf16: b.add(bf16(1), bf16(2 ** -9)),
        beyond: b.convert(f32(3e9), 's32'),
        unsafe: b.mul(b.scalar('s64', 2 ** 40), b.scalar('s64', 2 ** 40)),
        long: b.neg(vector(b, 'f32', long)),
      }
    })
    expect(foldConstants(program)).toBe(program)
  })

  it('notices where float64 and the device would disagree', () => {
    const sums = [0.1, 0.2, 0.3, 0.7].flatMap(p => [0.1, 0.2, 0.3, 0.7].map(q => [p, q] as const))
    for (const [p, q] of sums) {
      const agree = Math.fround(Math.fround(p) + Math.fround(q)) === Math.fround(p + q)
      const program = programOf(b => ({ y: b.add(b.scalar('f32', p), b.scalar('f32', q)) }))
      expect(foldConstants(program) === program).toBe(!agree)
    }
  })
})

describe('algebraic clean-up', () => {
  it('drops what changes nothing', () => {
    const text = through(cleanUp, b => {
      const x = x23(b)
      const i = b.input('i', tensor('s32', [2, 3]))
      const fill = (v: number) => b.constant(tensor('f32', [2, 3]), [v])
      return {
        sum: b.exp(b.add(x, fill(-0))),
        difference: b.exp(b.sub(x, fill(0))),
        product: b.exp(b.div(b.mul(fill(1), x), fill(1))),
        twice: b.exp(b.neg(b.neg(x))),
        turned: b.exp(b.transpose(b.transpose(x, [1, 0]), [1, 0])),
        shaped: b.exp(b.reshape(b.stopGradient(b.reshape(x, [6])), [2, 3])),
        same: b.exp(b.max(x, x)),
        integers: b.neg(b.add(i, b.constant(tensor('s32', [2, 3]), [0]))),
        none: b.mul(i, b.constant(tensor('s32', [2, 3]), [0])),
        converted: b.exp(b.convert(b.convert(b.convert(x, 'bf16'), 'f32'), 'bf16')),
        sliced: b.exp(b.slice(x, [0, 0], [2, 3])),
        padded: b.exp(b.pad(x, [0, 0], [0, 0])),
        back: b.exp(b.reverse(b.reverse(x, [1]), [1])),
      }
    })
    expect(text).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3] x, %1:s32[2,3] i) {
        %2:f32[2,3] = exp %0
        %3:f32[2,3] = exp %0
        %4:f32[2,3] = exp %0
        %5:f32[2,3] = exp %0
        %6:f32[2,3] = exp %0
        %7:f32[2,3] = exp %0
        %8:f32[2,3] = exp %0
        %9:s32[2,3] = neg %1
        %10:s32[2,3] = constant{values=[0]}
        %11:bf16[2,3] = convert{dtype=bf16} %0
        %12:bf16[2,3] = exp %11
        %13:f32[2,3] = exp %0
        %14:f32[2,3] = exp %0
        %15:f32[2,3] = exp %0
        return sum=%2, difference=%3, product=%4, twice=%5, turned=%6, shaped=%7, same=%8, integers=%9, none=%10, converted=%12, sliced=%13, padded=%14, back=%15
      }
      "
    `)
  })

  it('makes one equation of two', () => {
    const text = through(cleanUp, b => {
      const x = b.input('x', tensor('f32', [2, 3, 1]))
      const row = b.input('row', tensor('f32', [3]))
      const i = b.input('i', tensor('s32', [3]))
      const u = b.input('u', tensor('u8', [3]))
      return {
        size: b.abs(b.neg(x)),
        bits: b.bitcast(b.bitcast(i, 'f32'), 'u32'),
        turned: b.transpose(b.transpose(x, [1, 0, 2]), [2, 0, 1]),
        unit: b.transpose(x, [2, 0, 1]),
        spread: b.broadcast(b.broadcast(row, [4, 3], [1]), [4, 2, 3], [0, 2]),
        shaped: b.broadcast(row, [1, 3, 1], [1]),
        bytes: b.convert(b.convert(u, 's32'), 'f32'),
      }
    })
    expect(text).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3,1] x, %1:f32[3] row, %2:s32[3] i, %3:u8[3] u) {
        %4:f32[2,3,1] = abs %0
        %5:u32[3] = bitcast{dtype=u32} %2
        %6:f32[1,3,2] = transpose{permutation=[2,1,0]} %0
        %7:f32[1,2,3] = reshape{shape=[1,2,3]} %0
        %8:f32[4,2,3] = broadcast{shape=[4,2,3] dims=[2]} %1
        %9:f32[1,3,1] = reshape{shape=[1,3,1]} %1
        %10:f32[3] = convert{dtype=f32} %3
        return size=%4, bits=%5, turned=%6, unit=%7, spread=%8, shaped=%9, bytes=%10
      }
      "
    `)
  })

  it('leaves what NaN, infinities or the sign of zero could tell apart', () => {
    const program = programOf(b => {
      const x = x23(b)
      const i = b.input('i', tensor('s32', [2, 3]))
      const fill = (v: number) => b.constant(tensor('f32', [2, 3]), [v])
      return {
        a: b.add(x, fill(0)),
        b: b.sub(x, fill(-0)),
        c: b.mul(x, fill(0)),
        j: b.add(x, b.neg(b.exp(x))),
        d: b.sub(x, x),
        e: b.div(x, x),
        f: b.neg(b.sub(x, fill(2))),
        g: b.convert(b.convert(x, 'bf16'), 'f32'),
        h: b.convert(b.convert(i, 'f32'), 's32'),
        i: b.sum(b.reshape(x, [2, 1, 3]), [1]),
        k: b.convert(b.convert(b.compare('LT', x, fill(0.5)), 's32'), 'f32'),
      }
    })
    expect(cleanUp(program)).toBe(program)
  })
})

describe('collapsing of contractions', () => {
  it('makes one axis of leading ones, and one of several contracted ones', () => {
    const text = through(collapseDots, b => {
      const x = b.input('x', tensor('f32', [2, 3, 4]))
      const w = b.input('w', tensor('f32', [4, 5]))
      const y = b.dotGeneral(x, w, { lhsBatch: [], rhsBatch: [], lhsContract: [2], rhsContract: [0] })
      const dw = b.dotGeneral(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [0, 1], rhsContract: [0, 1] })
      return { y, dw }
    })
    expect(text).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3,4] x, %1:f32[4,5] w) {
        %2:f32[6,4] = reshape{shape=[6,4]} %0
        %3:f32[6,5] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %2 %1
        %4:f32[2,3,5] = reshape{shape=[2,3,5]} %3
        %5:f32[6,4] = reshape{shape=[6,4]} %0
        %6:f32[6,5] = reshape{shape=[6,5]} %4
        %7:f32[4,5] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[0] rhsContract=[0]} %5 %6
        return y=%4, dw=%7
      }
      "
    `)
  })

  it('leaves batches, axes out of order, and products that are matrices already', () => {
    const program = programOf(b => {
      const q = b.input('q', tensor('f32', [2, 3, 4, 5]))
      const x = x23(b)
      return {
        heads: b.dotGeneral(q, q, {
          lhsBatch: [0, 1],
          rhsBatch: [0, 1],
          lhsContract: [3],
          rhsContract: [3],
        }),
        crossed: b.dotGeneral(q, b.transpose(q, [0, 1, 3, 2]), {
          lhsBatch: [0, 1],
          rhsBatch: [0, 1],
          lhsContract: [2, 3],
          rhsContract: [3, 2],
        }),
        plain: b.dotGeneral(x, x, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] }),
      }
    })
    expect(collapseDots(program)).toBe(program)
  })
})

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
