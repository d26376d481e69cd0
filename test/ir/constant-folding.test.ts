import { describe, expect, it } from 'vitest'
import { foldConstants } from '../../src/ir/passes/constant-folding.ts'
import { tensor } from '../../src/ir/types.ts'
import { programOf, through, vector } from './pass-kit.ts'

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
