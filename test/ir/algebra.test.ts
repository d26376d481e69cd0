import { describe, expect, it } from 'vitest'
import { cleanUp } from '../../src/ir/passes/algebra.ts'
import { collapseDots } from '../../src/ir/passes/collapse-dots.ts'
import { tensor } from '../../src/ir/types.ts'
import { programOf, through, x23 } from './pass-kit.ts'

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
