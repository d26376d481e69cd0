import { expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { printProgram } from '../../src/ir/print.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'

const MATMUL = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }

/** The program of a scalar loss and its gradients. */
function withGradients(b: Builder, loss: Var, wrt: Readonly<Record<string, Var>>): Program {
  b.output('loss', loss)
  gradient(b, loss, Object.values(wrt)).forEach((g, i) => {
    b.output(`d_${Object.keys(wrt)[i]}`, g)
  })
  const program = b.finish('p')
  checkProgram(program)
  return program
}

it('prints a two-layer perceptron with tanh, and its gradient', () => {
  const b = new Builder()
  const x = b.input('x', tensor('f32', [4, 3]))
  const w1 = b.input('w1', tensor('f32', [3, 8]))
  const b1 = b.input('b1', tensor('f32', [8]))
  const w2 = b.input('w2', tensor('f32', [8, 1]))
  const h = b.at('hidden', () => b.tanh(b.add(b.dotGeneral(x, w1, MATMUL), b1)))
  const y = b.at('head', () => b.dotGeneral(h, w2, MATMUL))
  const loss = b.at('loss', () => b.mean(b.mul(y, y), [0, 1]))
  expect(printProgram(withGradients(b, loss, { w1, b1, w2 }), { origins: true })).toMatchInlineSnapshot(`
    "program p(%0:f32[4,3] x, %1:f32[3,8] w1, %2:f32[8] b1, %3:f32[8,1] w2) {
      %4:f32[4,8] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %0 %1  ; hidden
      %5:f32[4,8] = broadcast{shape=[4,8] dims=[1]} %2  ; hidden
      %6:f32[4,8] = add %4 %5  ; hidden
      %7:f32[4,8] = tanh %6  ; hidden
      %8:f32[4,1] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %7 %3  ; head
      %9:f32[4,1] = mul %8 %8  ; loss
      %10:f32[] = reduce_sum{axes=[0,1]} %9  ; loss
      %11:f32[] = constant{values=[0.25]}
      %12:f32[] = mul %10 %11  ; loss
      %13:f32[] = constant{values=[1]}
      %14:f32[] = mul %13 %11  ; loss
      %15:f32[4,1] = broadcast{shape=[4,1] dims=[]} %14  ; loss
      %16:f32[4,1] = mul %15 %8  ; loss
      %17:f32[4,1] = mul %15 %8  ; loss
      %18:f32[4,1] = add %16 %17  ; loss
      %19:f32[4,8] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[1]} %18 %3  ; head
      %20:f32[8,1] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[0] rhsContract=[0]} %7 %18  ; head
      %21:f32[4,8] = mul %7 %7  ; hidden
      %22:f32[4,8] = broadcast{shape=[4,8] dims=[]} %13  ; hidden
      %23:f32[4,8] = sub %22 %21  ; hidden
      %24:f32[4,8] = mul %19 %23  ; hidden
      %25:f32[8] = reduce_sum{axes=[0]} %24  ; hidden
      %26:f32[3,8] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[0] rhsContract=[0]} %0 %24  ; hidden
      return loss=%12, d_w1=%26, d_b1=%25, d_w2=%20
    }
    "
  `)
})

it('prints a softmax and its gradient', () => {
  const b = new Builder()
  const x = b.input('x', tensor('f32', [2, 5]))
  const top = b.stopGradient(b.reshape(b.reduceMax(x, [1]), [2, 1]))
  const e = b.exp(b.sub(x, top))
  const p = b.div(e, b.reshape(b.sum(e, [1]), [2, 1]))
  const loss = b.sum(b.mul(p, b.constant(tensor('f32', [5]), [1, 0, 0, 0, 0])), [0, 1])
  expect(printProgram(withGradients(b, loss, { x }))).toMatchInlineSnapshot(`
    "program p(%0:f32[2,5] x) {
      %1:f32[2] = reduce_max{axes=[1]} %0
      %2:f32[2,1] = reshape{shape=[2,1]} %1
      %3:f32[2,1] = stop_gradient %2
      %4:f32[2] = reshape{shape=[2]} %3
      %5:f32[2,5] = broadcast{shape=[2,5] dims=[0]} %4
      %6:f32[2,5] = sub %0 %5
      %7:f32[2,5] = exp %6
      %8:f32[2] = reduce_sum{axes=[1]} %7
      %9:f32[2,1] = reshape{shape=[2,1]} %8
      %10:f32[2] = reshape{shape=[2]} %9
      %11:f32[2,5] = broadcast{shape=[2,5] dims=[0]} %10
      %12:f32[2,5] = div %7 %11
      %13:f32[5] = constant{values=[1,0,0,0,0]}
      %14:f32[2,5] = broadcast{shape=[2,5] dims=[1]} %13
      %15:f32[2,5] = mul %12 %14
      %16:f32[] = reduce_sum{axes=[0,1]} %15
      %17:f32[] = constant{values=[1]}
      %18:f32[2,5] = broadcast{shape=[2,5] dims=[]} %17
      %19:f32[2,5] = mul %18 %14
      %20:f32[2,5] = div %19 %11
      %21:f32[2,5] = mul %20 %12
      %22:f32[2,5] = neg %21
      %23:f32[2] = reduce_sum{axes=[1]} %22
      %24:f32[2,1] = reshape{shape=[2,1]} %23
      %25:f32[2] = reshape{shape=[2]} %24
      %26:f32[2,5] = broadcast{shape=[2,5] dims=[0]} %25
      %27:f32[2,5] = add %20 %26
      %28:f32[2,5] = mul %27 %7
      return loss=%16, d_x=%28
    }
    "
  `)
})

it('prints an embedding look-up and its gradient', () => {
  const b = new Builder()
  const table = b.input('table', tensor('f32', [10, 4]))
  const ids = b.input('ids', tensor('s32', [2, 3]))
  const rows = b.gather(table, ids, {
    offsetDims: [2],
    collapsedDims: [0],
    operandBatch: [],
    indexBatch: [],
    startIndexMap: [0],
    indexVectorDim: 2,
    sliceSizes: [1, 4],
  })
  const loss = b.sum(b.mul(rows, rows), [0, 1, 2])
  expect(printProgram(withGradients(b, loss, { table }))).toMatchInlineSnapshot(`
    "program p(%0:f32[10,4] table, %1:s32[2,3] ids) {
      %2:f32[2,3,4] = gather{offsetDims=[2] collapsedDims=[0] operandBatch=[] indexBatch=[] startIndexMap=[0] indexVectorDim=2 sliceSizes=[1,4]} %0 %1
      %3:f32[2,3,4] = mul %2 %2
      %4:f32[] = reduce_sum{axes=[0,1,2]} %3
      %5:f32[] = constant{values=[1]}
      %6:f32[2,3,4] = broadcast{shape=[2,3,4] dims=[]} %5
      %7:f32[2,3,4] = mul %6 %2
      %8:f32[2,3,4] = mul %6 %2
      %9:f32[2,3,4] = add %7 %8
      %10:f32[] = constant{values=[0]}
      %11:f32[10,4] = broadcast{shape=[10,4] dims=[]} %10
      %12:f32[10,4] = scatter_add{offsetDims=[2] collapsedDims=[0] operandBatch=[] indexBatch=[] startIndexMap=[0] indexVectorDim=2} %11 %1 %9
      return loss=%4, d_table=%12
    }
    "
  `)
})

it('names values by order, not by how they were built', () => {
  const build = (warmUp: number) => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [2]))
    for (let i = 0; i < warmUp; i++) b.exp(x)
    b.output('y', b.tanh(x))
    return printProgram(b.finish('p'))
  }
  expect(build(3)).toBe(build(0))
})

it('tells constants apart that differ in a late value or in the sign of zero', () => {
  const print = (values: readonly number[]) => {
    const b = new Builder()
    b.output('y', b.constant(tensor('f32', [values.length]), values))
    return printProgram(b.finish('p'))
  }
  const many = Array.from({ length: 40 }, (_, i) => i)
  const other = many.with(30, 3.5)
  expect(print(many)).not.toBe(print(other))
  expect(print(many.toReversed().toReversed())).toBe(print(many))
  expect(print([0, 1])).not.toBe(print([-0, 1]))
  expect(print(many)).toMatchInlineSnapshot(`
    "program p() {
      %0:f32[40] = constant{values=[0,1,2,3,4,5,6,7,… 40 #827c0d57a27cf382]}
      return y=%0
    }
    "
  `)
})
