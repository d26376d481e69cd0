import { describe, expect, it } from 'vitest'
import type { Builder } from '../../src/ir/builder.ts'
import { printProgram } from '../../src/ir/print.ts'
import type { Var } from '../../src/ir/program.ts'
import { F, F2, F32, programOf, step } from './control-kit.ts'

describe('printed', () => {
  it('a scan, and its gradient, which keeps what a step back reads', () => {
    const p = programOf({ h: F2, xs: F32, w: F2 }, (b, h, xs, w) => [
      b.scan([h!], [xs!], (c, [s], [x]) => ({ carry: [step(c, s!, x!, w!)] })).carry[0]!,
    ])
    expect(printProgram(p)).toMatchInlineSnapshot(`
      "program p(%0:f32[2] h, %1:f32[3,2] xs, %2:f32[2] w) {
        %3:f32[2] %4:f32[3,2] %5:f32[3,2] %6:f32[3,2] = scan{carries=1 xs=1 length=3 reverse=false remat=false} %0 %1 %2
          body(%7:f32[2], %8:f32[2], %9:f32[2]) {
            %10:f32[2] = mul %7 %9
            %11:f32[2] = exp %8
            %12:f32[2] = add %10 %11
            %13:f32[2] = tanh %12
            return %13, %7, %11, %13
          }
        %7:f32[] = constant{values=[1]}
        %8:f32[2] = broadcast{shape=[2] dims=[]} %7
        %9:f32[] = constant{values=[0]}
        %10:f32[2] = broadcast{shape=[2] dims=[]} %9
        %11:f32[2] %12:f32[2] %13:f32[3,2] = scan{carries=2 xs=3 length=3 reverse=true remat=false} %8 %10 %4 %5 %6 %2
          body(%14:f32[2], %15:f32[2], %16:f32[2], %17:f32[2], %18:f32[2], %19:f32[2]) {
            %20:f32[2] = mul %18 %18
            %21:f32[] = constant{values=[1]}
            %22:f32[2] = broadcast{shape=[2] dims=[]} %21
            %23:f32[2] = sub %22 %20
            %24:f32[2] = mul %14 %23
            %25:f32[2] = mul %24 %17
            %26:f32[2] = mul %24 %19
            %27:f32[2] = mul %24 %16
            %28:f32[2] = add %15 %27
            return %26, %28, %25
          }
        return y0=%3, d_h=%11, d_xs=%13, d_w=%12
      }
      "
    `)
  })

  it('the same with its steps computed again: only the carries are kept', () => {
    const p = programOf({ h: F2, xs: F32, w: F2 }, (b, h, xs, w) => [
      b.scan([h!], [xs!], (c, [s], [x]) => ({ carry: [step(c, s!, x!, w!)] }), { remat: true }).carry[0]!,
    ])
    expect(printProgram(p)).toMatchInlineSnapshot(`
      "program p(%0:f32[2] h, %1:f32[3,2] xs, %2:f32[2] w) {
        %3:f32[2] %4:f32[3,2] = scan{carries=1 xs=1 length=3 reverse=false remat=true} %0 %1 %2
          body(%5:f32[2], %6:f32[2], %7:f32[2]) {
            %8:f32[2] = mul %5 %7
            %9:f32[2] = exp %6
            %10:f32[2] = add %8 %9
            %11:f32[2] = tanh %10
            return %11, %5
          }
        %5:f32[] = constant{values=[1]}
        %6:f32[2] = broadcast{shape=[2] dims=[]} %5
        %7:f32[] = constant{values=[0]}
        %8:f32[2] = broadcast{shape=[2] dims=[]} %7
        %9:f32[2] %10:f32[2] %11:f32[3,2] = scan{carries=2 xs=2 length=3 reverse=true remat=true} %6 %8 %4 %1 %2
          body(%12:f32[2], %13:f32[2], %14:f32[2], %15:f32[2], %16:f32[2]) {
            %17:f32[2] = mul %14 %16
            %18:f32[2] = exp %15
            %19:f32[2] = add %17 %18
            %20:f32[2] = tanh %19
            %21:f32[2] = mul %20 %20
            %22:f32[] = constant{values=[1]}
            %23:f32[2] = broadcast{shape=[2] dims=[]} %22
            %24:f32[2] = sub %23 %21
            %25:f32[2] = mul %12 %24
            %26:f32[2] = mul %25 %18
            %27:f32[2] = mul %25 %16
            %28:f32[2] = mul %25 %14
            %29:f32[2] = add %13 %28
            return %27, %29, %26
          }
        return y0=%3, d_h=%9, d_xs=%11, d_w=%10
      }
      "
    `)
  })

  it('a while, of which each region takes all that either reads', () => {
    const p = programOf(
      { x: F, limit: F, factor: F },
      (b, x, limit, factor) => [
        ...b.while(
          [x!],
          (c, [y]) => c.compare('LT', y!, limit!),
          (c, [y]) => [c.mul(y!, factor!)],
        ),
      ],
      false,
    )
    expect(printProgram(p)).toMatchInlineSnapshot(`
      "program p(%0:f32[] x, %1:f32[] limit, %2:f32[] factor) {
        %3:f32[] = while{carries=1} %0 %1 %2
          cond(%4:f32[], %5:f32[], %6:f32[]) {
            %7:bool[] = compare{direction=LT} %4 %5
            return %7
          }
          body(%4:f32[], %5:f32[], %6:f32[]) {
            %7:f32[] = mul %4 %6
            return %7
          }
        return y0=%3
      }
      "
    `)
  })

  it('a conditional and its gradient', () => {
    const p = programOf({ x: F, y: F }, (b, x, y) => [
      ...b.cond(
        b.compare('GT', x!, 0),
        c => [c.mul(c.tanh(x!), y!)],
        c => [c.exp(y!)],
      ),
    ])
    expect(printProgram(p)).toMatchInlineSnapshot(`
      "program p(%0:f32[] x, %1:f32[] y) {
        %2:f32[] = constant{values=[0]}
        %3:bool[] = compare{direction=GT} %0 %2
        %4:f32[] %5:f32[] = cond %3 %0 %1
          then(%6:f32[], %7:f32[]) {
            %8:f32[] = tanh %6
            %9:f32[] = mul %8 %7
            return %9, %8
          }
          else(%6:f32[], %7:f32[]) {
            %8:f32[] = exp %7
            return %8, %8
          }
        %6:f32[] = constant{values=[1]}
        %7:f32[] %8:f32[] = cond %3 %1 %5 %6
          then(%9:f32[], %10:f32[], %11:f32[]) {
            %12:f32[] = mul %11 %9
            %13:f32[] = mul %11 %10
            %14:f32[] = mul %10 %10
            %15:f32[] = constant{values=[1]}
            %16:f32[] = sub %15 %14
            %17:f32[] = mul %12 %16
            return %17, %13
          }
          else(%9:f32[], %10:f32[], %11:f32[]) {
            %12:f32[] = mul %11 %10
            %13:f32[] = constant{values=[0]}
            return %13, %12
          }
        return y0=%4, d_x=%7, d_y=%8
      }
      "
    `)
  })

  it('a custom gradient', () => {
    const p = programOf({ x: F }, (b, x) => [
      ...b.customVjp(
        [x!],
        (c, [y]) => ({ outs: [c.log(c.add(c.exp(y!), 1))], saved: [c.logistic(y!)] }),
        (c, { saved, cts }) => [c.mul(cts[0]!, saved[0]!)],
      ),
    ])
    expect(printProgram(p)).toMatchInlineSnapshot(`
      "program p(%0:f32[] x) {
        %1:f32[] %2:f32[] = custom_vjp{args=1 outs=1 grads=[0]} %0
          forward(%3:f32[]) {
            %4:f32[] = exp %3
            %5:f32[] = constant{values=[1]}
            %6:f32[] = add %4 %5
            %7:f32[] = log %6
            %8:f32[] = logistic %3
            return %7, %8
          }
          backward(%3:f32[], %4:f32[], %5:f32[], %6:f32[]) {
            %7:f32[] = mul %6 %5
            return %7
          }
        %3:f32[] = constant{values=[1]}
        %4:f32[] = mul %3 %2
        return y0=%1, d_x=%4
      }
      "
    `)
  })

  it('a remat and its gradient, behind a barrier', () => {
    const p = programOf({ x: F2, w: F2 }, (b, x, w) => [...b.remat(c => [c.sin(c.mul(c.exp(x!), w!))])])
    expect(printProgram(p)).toMatchInlineSnapshot(`
      "program p(%0:f32[2] x, %1:f32[2] w) {
        %2:f32[2] = remat{again=false} %0 %1
          body(%3:f32[2], %4:f32[2]) {
            %5:f32[2] = exp %3
            %6:f32[2] = mul %5 %4
            %7:f32[2] = sin %6
            return %7
          }
        %3:f32[] = constant{values=[1]}
        %4:f32[2] = broadcast{shape=[2] dims=[]} %3
        %5:f32[2] %6:f32[2] = remat{again=true} %0 %1 %4
          body(%7:f32[2], %8:f32[2], %9:f32[2]) {
            %10:f32[2] = exp %7
            %11:f32[2] = mul %10 %8
            %12:f32[2] = cos %11
            %13:f32[2] = mul %9 %12
            %14:f32[2] = mul %13 %8
            %15:f32[2] = mul %13 %10
            %16:f32[2] = mul %14 %10
            return %16, %15
          }
        return y0=%2, d_x=%5, d_w=%6
      }
      "
    `)
  })

  it('the same text for shared and for copied regions, and for regions built with dead code', () => {
    const build = (waste: boolean) =>
      printProgram(
        programOf({ h: F2, xs: F32 }, (b, h, xs) => {
          const body = (c: Builder, [s]: readonly Var[], [x]: readonly Var[]) => {
            if (waste) c.add(c.exp(s!), h!)
            return { carry: [c.mul(s!, x!)] }
          }
          return [b.scan(b.scan([h!], [xs!], body).carry, [xs!], body).carry[0]!]
        }),
      )
    expect(build(true)).toBe(build(false))
  })
})
