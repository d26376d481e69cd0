import { describe, expect, it } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { type TensorType, tensor } from '../../src/ir/types.ts'
import { lowerToStableHlo, mlirType } from '../../src/lower/stablehlo/lower.ts'

describe('StableHLO text', () => {
  it('of a small program', () => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [2, 3]))
    const w = b.input('w', tensor('f32', [3]))
    const y = b.dotGeneral(x, w, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] })
    b.output('y', b.sum(b.erf(b.mul(y, 0.5)), [0]))
    b.output('positive', b.compare('GT', y, 0))
    expect(lowerToStableHlo(b.finish('train step'))).toMatchInlineSnapshot(`
      "module @train_step {
        func.func public @main(%arg0: tensor<2x3xf32>, %arg1: tensor<3xf32>) -> (tensor<f32>, tensor<2xi1>) {
          %0 = "stablehlo.dot_general"(%arg0, %arg1) {dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2xf32>
          %1 = "stablehlo.constant"() {value = dense<0x3F000000> : tensor<f32>} : () -> tensor<f32>
          %2 = "stablehlo.broadcast_in_dim"(%1) {broadcast_dimensions = array<i64>} : (tensor<f32>) -> tensor<2xf32>
          %3 = "stablehlo.multiply"(%0, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
          %4 = "chlo.erf"(%3) : (tensor<2xf32>) -> tensor<2xf32>
          %5 = "stablehlo.constant"() {value = dense<0x00000000> : tensor<f32>} : () -> tensor<f32>
          %6 = "stablehlo.reduce"(%4, %5) ({ ^bb0(%a: tensor<f32>, %b: tensor<f32>): %r = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32> "stablehlo.return"(%r) : (tensor<f32>) -> () }) {dimensions = array<i64: 0>} : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
          %7 = "stablehlo.broadcast_in_dim"(%5) {broadcast_dimensions = array<i64>} : (tensor<f32>) -> tensor<2xf32>
          %8 = "stablehlo.compare"(%0, %7) {comparison_direction = #stablehlo<comparison_direction GT>, compare_type = #stablehlo<comparison_type FLOAT>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
          "func.return"(%6, %8) : (tensor<f32>, tensor<2xi1>) -> ()
        }
      }
      "
    `)
  })

  it('writes constants of every dtype bit by bit', () => {
    const b = new Builder()
    const constants: [TensorType, number[]][] = [
      [tensor('f32', [2, 3]), [1, -0, 0.1, Infinity, -Infinity, NaN]],
      [tensor('bf16', [2]), [0.1, NaN]],
      [tensor('s64', [2]), [-(2 ** 63), 2 ** 53]],
      [tensor('u32', [1]), [4294967295]],
      [tensor('u8', [2, 2]), [255]],
      [tensor('bool', [2]), [1, 0]],
      [tensor('f32', [0, 2]), []],
    ]
    constants.forEach(([type, values], i) => {
      b.output(`c${i}`, b.constant(type, values))
    })
    const text = lowerToStableHlo(b.finish('p'))
    expect(text.split('\n').filter(line => line.includes('dense'))).toMatchInlineSnapshot(`
      [
        "    %0 = "stablehlo.constant"() {value = dense<[[0x3F800000, 0x80000000, 0x3DCCCCCD], [0x7F800000, 0xFF800000, 0x7FC00000]]> : tensor<2x3xf32>} : () -> tensor<2x3xf32>",
        "    %1 = "stablehlo.constant"() {value = dense<[0x3DCD, 0x7FC0]> : tensor<2xbf16>} : () -> tensor<2xbf16>",
        "    %2 = "stablehlo.constant"() {value = dense<[-9223372036854775808, 9007199254740992]> : tensor<2xi64>} : () -> tensor<2xi64>",
        "    %3 = "stablehlo.constant"() {value = dense<4294967295> : tensor<ui32>} : () -> tensor<ui32>",
        "    %5 = "stablehlo.constant"() {value = dense<255> : tensor<ui8>} : () -> tensor<ui8>",
        "    %7 = "stablehlo.constant"() {value = dense<[true, false]> : tensor<2xi1>} : () -> tensor<2xi1>",
        "    %8 = "stablehlo.constant"() {value = dense<> : tensor<0x2xf32>} : () -> tensor<0x2xf32>",
      ]
    `)
  })

  it('of an operation with several results and a region', () => {
    const b = new Builder()
    const keys = b.input('keys', tensor('s64', [4]))
    const [, x] = b.sort([keys, b.input('x', tensor('f32', [4]))], 0, { descending: true })
    b.output('y', b.mul(x!, 2))
    expect(lowerToStableHlo(b.finish('p'))).toMatchInlineSnapshot(`
      "module @p {
        func.func public @main(%arg0: tensor<4xi64>, %arg1: tensor<4xf32>) -> (tensor<4xf32>) {
          %5:2 = "stablehlo.sort"(%arg0, %arg1) ({ ^bb0(%0: tensor<i64>, %1: tensor<i64>, %2: tensor<f32>, %3: tensor<f32>): %4 = "stablehlo.compare"(%0, %1) {comparison_direction = #stablehlo<comparison_direction GT>, compare_type = #stablehlo<comparison_type SIGNED>} : (tensor<i64>, tensor<i64>) -> tensor<i1> "stablehlo.return"(%4) : (tensor<i1>) -> () }) {dimension = 0 : i64, is_stable = true} : (tensor<4xi64>, tensor<4xf32>) -> (tensor<4xi64>, tensor<4xf32>)
          %6 = "stablehlo.constant"() {value = dense<0x40000000> : tensor<f32>} : () -> tensor<f32>
          %7 = "stablehlo.broadcast_in_dim"(%6) {broadcast_dimensions = array<i64>} : (tensor<f32>) -> tensor<4xf32>
          %8 = "stablehlo.multiply"(%5#1, %7) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
          "func.return"(%8) : (tensor<4xf32>) -> ()
        }
      }
      "
    `)
  })

  it('names shapes as MLIR does', () => {
    expect([tensor('f32', []), tensor('u8', [0, 3]), tensor('bool', [2])].map(mlirType)).toEqual([
      'tensor<f32>',
      'tensor<0x3xui8>',
      'tensor<2xi1>',
    ])
  })

  it('gives the module a valid name', () => {
    const b = new Builder()
    b.output('y', b.input('x', tensor('f32', [])))
    const head = (name: string) => lowerToStableHlo(b.finish(name)).split('\n')[0]
    expect(head('clip/train')).toBe('module @clip_train {')
    expect(head('7b')).toBe('module @_7b {')
    expect(head('')).toBe('module @_ {')
  })

  it('pairs each donated argument with its own result of the same type', () => {
    const b = new Builder()
    const f = tensor('f32', [2])
    const ins = ['w', 'm', 'step', 'x'].map((name, i) => b.input(name, i === 2 ? tensor('s32', []) : f))
    b.output('loss', b.sum(ins[3]!, [0]))
    b.output('w', b.add(ins[0]!, ins[3]!))
    b.output('m', b.mul(ins[1]!, 0.9))
    b.output('step', b.add(ins[2]!, 1))
    const program = b.finish('p')
    const main = (donate: readonly number[]) => lowerToStableHlo(program, { donate }).split('\n')[1]
    expect(main([0, 1, 2])).toMatchInlineSnapshot(
      `"  func.func public @main(%arg0: tensor<2xf32> {tf.aliasing_output = 1 : i32}, %arg1: tensor<2xf32> {tf.aliasing_output = 2 : i32}, %arg2: tensor<i32> {tf.aliasing_output = 3 : i32}, %arg3: tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>, tensor<2xf32>, tensor<i32>) {"`,
    )
    expect(main([0, 1, 3])).not.toContain('%arg3: tensor<2xf32> {')
    expect(main([])).not.toContain('aliasing')
  })
})
