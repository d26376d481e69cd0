import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { openXla, xlaPlugin } from './plugin.ts'
import { difference, runOnce } from './run-all.ts'
import { randomTensor, seeded } from './values.ts'

const plugin = xlaPlugin()

/** A loss and its gradients by all inputs. */
function withGradients(b: Builder, loss: Var, wrt: readonly Var[]): Program {
  b.output('loss', loss)
  gradient(b, loss, wrt).forEach((g, i) => {
    b.output(`g${i}`, g)
  })
  const program = b.finish('p')
  checkProgram(program)
  return program
}

const matmul = (b: Builder, x: Var, y: Var): Var =>
  b.dotGeneral(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] })

/** One block, wide inside: [64, 32] to [64, 32] through [64, 2048]. */
const block = (b: Builder, x: Var, up: Var, down: Var): Var =>
  b.add(x, matmul(b, b.tanh(b.sin(b.exp(matmul(b, x, up)))), down))
const X = tensor('f32', [64, 32])
const UP = tensor('f32', [32, 2048])
const DOWN = tensor('f32', [2048, 32])

function unrolledBlocks(remat: boolean): Program {
  const b = new Builder()
  let x = b.input('x', X)
  const weights = Array.from({ length: 6 }, (_, i) => [b.input(`up${i}`, UP), b.input(`down${i}`, DOWN)])
  for (const [up, down] of weights) {
    const from = x
    x = remat ? b.remat(c => [block(c, from, up!, down!)])[0]! : block(b, from, up!, down!)
  }
  return withGradients(b, b.mean(b.mul(x, x), [0, 1]), weights.flat())
}

function scannedBlocks(remat: boolean): Program {
  const b = new Builder()
  const [x, up, down] = [b.input('x', X), b.input('up', UP), b.input('down', DOWN)]
  const { carry } = b.scan([x], [], (c, [s]) => ({ carry: [block(c, s!, up, down)] }), { length: 6, remat })
  return withGradients(b, b.mean(b.mul(carry[0]!, carry[0]!), [0, 1]), [up, down])
}

it('a loop in StableHLO: several operands, no tuples, values from outside read where they are', () => {
  const b = new Builder()
  const [h, xs] = [b.input('h', tensor('f32', [2])), b.input('xs', tensor('f32', [3, 2]))]
  const { ys } = b.scan([h], [xs], (c, [s], [x]) => ({ carry: [c.add(s!, x!)], ys: [c.mul(s!, h)] }), {
    reverse: true,
  })
  b.output('y', ys[0]!)
  expect(lowerToStableHlo(b.finish('p'))).toMatchInlineSnapshot(`
    "module @p {
      func.func public @main(%arg0: tensor<2xf32>, %arg1: tensor<3x2xf32>) -> (tensor<3x2xf32>) {
        %0 = "stablehlo.constant"() {value = dense<0x00000000> : tensor<3x2xf32>} : () -> tensor<3x2xf32>
        %20 = "stablehlo.constant"() {value = dense<0> : tensor<i32>} : () -> tensor<i32>
        %21:3 = "stablehlo.while"(%20, %arg0, %0) ({ ^bb0(%1: tensor<i32>, %2: tensor<2xf32>, %3: tensor<3x2xf32>): %4 = "stablehlo.constant"() {value = dense<3> : tensor<i32>} : () -> tensor<i32> %5 = "stablehlo.compare"(%1, %4) {comparison_direction = #stablehlo<comparison_direction LT>, compare_type = #stablehlo<comparison_type SIGNED>} : (tensor<i32>, tensor<i32>) -> tensor<i1> "stablehlo.return"(%5) : (tensor<i1>) -> () }, { ^bb0(%6: tensor<i32>, %7: tensor<2xf32>, %8: tensor<3x2xf32>): %9 = "stablehlo.constant"() {value = dense<1> : tensor<i32>} : () -> tensor<i32> %10 = "stablehlo.add"(%6, %9) : (tensor<i32>, tensor<i32>) -> tensor<i32> %11 = "stablehlo.constant"() {value = dense<2> : tensor<i32>} : () -> tensor<i32> %12 = "stablehlo.subtract"(%11, %6) : (tensor<i32>, tensor<i32>) -> tensor<i32> %13 = "stablehlo.constant"() {value = dense<0> : tensor<i32>} : () -> tensor<i32> %14 = "stablehlo.dynamic_slice"(%arg1, %12, %13) {slice_sizes = array<i64: 1, 2>} : (tensor<3x2xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32> %15 = "stablehlo.reshape"(%14) : (tensor<1x2xf32>) -> tensor<2xf32> %16 = "stablehlo.add"(%7, %15) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> %17 = "stablehlo.multiply"(%7, %arg0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> %18 = "stablehlo.reshape"(%17) : (tensor<2xf32>) -> tensor<1x2xf32> %19 = "stablehlo.dynamic_update_slice"(%8, %18, %12, %13) : (tensor<3x2xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<3x2xf32> "stablehlo.return"(%10, %16, %19) : (tensor<i32>, tensor<2xf32>, tensor<3x2xf32>) -> () }) : (tensor<i32>, tensor<2xf32>, tensor<3x2xf32>) -> (tensor<i32>, tensor<2xf32>, tensor<3x2xf32>)
        "func.return"(%21#2) : (tensor<3x2xf32>) -> ()
      }
    }
    "
  `)
})

it('a remat computes again behind a barrier, or in a branch where the compiler drops barriers', () => {
  const kinds = (platform: string) =>
    ['optimization_barrier', 'stablehlo.if'].map(
      name => lowerToStableHlo(unrolledBlocks(true), { platform }).split(name).length - 1,
    )
  expect(kinds('cuda')).toEqual([6, 0])
  expect(kinds('cpu')).toEqual([0, 6])
})

if ('missing' in plugin) {
  it.skip(`XLA: ${plugin.missing}`, () => {})
} else {
  describe('on XLA', () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await openXla(plugin.path)
    })
    afterAll(() => backend.close())

    const temporary = async (program: Program): Promise<number> => {
      const executable = await backend.compile(program)
      const bytes = executable.memory!.temporaryBytes
      executable.free()
      return bytes
    }
    const inputsOf = (program: Program) => {
      const random = seeded(11, 0)
      return program.inputs.map(({ value: { type } }) => {
        const { data } = randomTensor(type, random)
        return { type, data: data.map(v => Math.fround(v / 16)) }
      })
    }
    const sameResults = async (a: Program, c: Program) => {
      const values = inputsOf(a)
      const [got, want] = [await runOnce(backend, a, values), await runOnce(backend, c, values)]
      expect(got.map((g, i) => difference(want[i]!, g, 1e-6))).toEqual(got.map(() => null))
    }

    it('a remat takes less memory for the same gradients: the compiler does not undo it', async () => {
      const [kept, again] = [unrolledBlocks(false), unrolledBlocks(true)]
      const [most, least] = [await temporary(kept), await temporary(again)]
      expect(least).toBeLessThan(0.6 * most)
      await sameResults(again, kept)
    })

    it('a scan whose steps are computed again takes less memory for the same gradients', async () => {
      const [kept, again] = [scannedBlocks(false), scannedBlocks(true)]
      const [most, least] = [await temporary(kept), await temporary(again)]
      expect(least).toBeLessThan(0.6 * most)
      await sameResults(again, kept)
    })

    it('a scan of 10,000 steps and its gradient agree with the reference', async () => {
      const b = new Builder()
      const [h, xs] = [b.input('h', tensor('f32', [4])), b.input('xs', tensor('f32', [10_000, 4]))]
      const { carry, ys } = b.scan([h], [xs], (c, [s], [x]) => {
        const next = c.tanh(c.add(c.mul(s!, 0.9), x!))
        return { carry: [next], ys: [c.sum(next, [0])] }
      })
      const loss = b.add(b.sum(carry[0]!, [0]), b.mul(b.sum(ys[0]!, [0]), 1e-3))
      const program = withGradients(b, loss, [h, xs])
      const values = inputsOf(program)
      const got = await runOnce(backend, program, values)
      const want = evaluate(program, values)
      expect(got.map((g, i) => difference(want[i]!, g, 2e-5))).toEqual([null, null, null])
    })
  })
}
