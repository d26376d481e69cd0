import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { type Program, regionsOf, type Var } from '../../src/ir/program.ts'
import { gelu } from '../../src/nn/activations.ts'
import { attend } from '../../src/nn/attend.ts'
import { convBlock } from '../../src/nn/conv-block.ts'
import { embedding } from '../../src/nn/embedding.ts'
import { layerNorm } from '../../src/nn/layer-norm.ts'
import { linear } from '../../src/nn/linear.ts'
import { logitScale } from '../../src/nn/logit-scale.ts'
import { l2Normalize } from '../../src/nn/normalize.ts'
import { avgPool2d } from '../../src/nn/pool.ts'
import { rmsNorm } from '../../src/nn/rms-norm.ts'
import { logSoftmax, logSumExp, softmax } from '../../src/nn/softmax.ts'
import { swiGlu } from '../../src/nn/swiglu.ts'
import { transformer } from '../../src/nn/transformer.ts'
import { vectorQuantiser } from '../../src/nn/vector-quantiser.ts'
import { visionTransformer } from '../../src/nn/vit.ts'
import { TestModel } from './scope.ts'

const VIT = {
  patch: 4,
  width: 8,
  depth: 1,
  heads: 2,
  pool: 'mean',
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
} as const

const bf16 = () => new TestModel('train', 'bf16')

/** `name dtype`s of the equations of these primitives, in order, regions included. */
function dtypesOf(program: Program, names: readonly string[]): string[] {
  const walk = (equations: Program['equations']): string[] =>
    equations.flatMap(eq => [
      ...(names.includes(eq.prim.name) ? [`${eq.prim.name} ${eq.ins[0]!.type.dtype}`] : []),
      ...regionsOf(eq).flatMap(r => walk(r.equations)),
    ])
  return walk(program.equations)
}

describe('in bf16, printed', () => {
  test('a linear map multiplies in bf16; its weights and their gradients are float32', () => {
    const m = bf16()
    const y = linear(m.s, m.input('x', 'bf16[2,3]'), 4)
    const loss = m.b.sum(m.b.convert(y, 'f32'), [0, 1])
    const [weight, bias] = gradient(m.b, loss, [m.weights.get('weight')!.value, m.weights.get('bias')!.value])
    expect(m.print({ y, weight: weight!, bias: bias! })).toMatchInlineSnapshot(`
      "program test(%0:bf16[2,3] x, %1:f32[4,3] weight, %2:f32[4] bias) {
        %3:bf16[4,3] = convert{dtype=bf16} %1
        %4:bf16[4] = convert{dtype=bf16} %2
        %5:bf16[2,4] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[1]} %0 %3
        %6:bf16[2,4] = broadcast{shape=[2,4] dims=[1]} %4
        %7:bf16[2,4] = add %5 %6
        %8:f32[] = constant{values=[1]}
        %9:f32[2,4] = broadcast{shape=[2,4] dims=[]} %8
        %10:bf16[2,4] = convert{dtype=bf16} %9
        %11:bf16[4] = reduce_sum{axes=[0]} %10
        %12:bf16[3,4] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[0] rhsContract=[0]} %0 %10
        %13:bf16[4,3] = transpose{permutation=[1,0]} %12
        %14:f32[4] = convert{dtype=f32} %11
        %15:f32[4,3] = convert{dtype=f32} %13
        return y=%7, weight=%15, bias=%14
      }
      "
    `)
  })

  test('a layer norm is float32 between two converts', () => {
    const m = bf16()
    expect(m.print({ y: layerNorm(m.s, m.input('x', 'bf16[2,4]')) })).toMatchInlineSnapshot(`
      "program test(%0:bf16[2,4] x, %1:f32[4] weight, %2:f32[4] bias) {
        %3:f32[2,4] = convert{dtype=f32} %0
        %4:f32[] = constant{values=[0.25]}
        %5:f32[4] = broadcast{shape=[4] dims=[]} %4
        %6:f32[2] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %3 %5
        %7:f32[2,4] = broadcast{shape=[2,4] dims=[0]} %6
        %8:f32[2,4] = sub %3 %7
        %9:f32[2,4] = mul %8 %8
        %10:f32[2] = dot_general{lhsBatch=[] rhsBatch=[] lhsContract=[1] rhsContract=[0]} %9 %5
        %11:f32[] = constant{values=[0.00001]}
        %12:f32[2] = broadcast{shape=[2] dims=[]} %11
        %13:f32[2] = add %10 %12
        %14:f32[2] = rsqrt %13
        %15:f32[2,4] = broadcast{shape=[2,4] dims=[0]} %14
        %16:f32[2,4] = mul %8 %15
        %17:f32[2,4] = broadcast{shape=[2,4] dims=[1]} %1
        %18:f32[2,4] = mul %16 %17
        %19:f32[2,4] = broadcast{shape=[2,4] dims=[1]} %2
        %20:f32[2,4] = add %18 %19
        %21:bf16[2,4] = convert{dtype=bf16} %20
        return y=%21
      }
      "
    `)
  })

  test('attention: both products in bf16, mask and softmax in float32', () => {
    const m = bf16()
    const [q, k, v] = ['q', 'k', 'v'].map(name => m.input(name, 'bf16[2,3,4]')) as [Var, Var, Var]
    const y = attend(m.b, q, k, v, [1, 2, 3, 3], { causal: true })
    expect(m.print({ y })).toMatchInlineSnapshot(`
      "program test(%0:bf16[2,3,4] q, %1:bf16[2,3,4] k, %2:bf16[2,3,4] v) {
        %3:bf16[2,3,3] = dot_general{lhsBatch=[0] rhsBatch=[0] lhsContract=[2] rhsContract=[2]} %0 %1
        %4:f32[2,3,3] = convert{dtype=f32} %3
        %5:s32[3,3] = iota{dtype=s32 shape=[3,3] axis=0}
        %6:s32[3,3] = iota{dtype=s32 shape=[3,3] axis=1}
        %7:bool[3,3] = compare{direction=LE} %6 %5
        %8:f32[] = constant{values=[0]}
        %9:f32[] = constant{values=[-1e+30]}
        %10:f32[3,3] = broadcast{shape=[3,3] dims=[]} %8
        %11:f32[3,3] = broadcast{shape=[3,3] dims=[]} %9
        %12:f32[3,3] = select %7 %10 %11
        %13:f32[1,2,3,3] = reshape{shape=[1,2,3,3]} %4
        %14:f32[1,2,3,3] = broadcast{shape=[1,2,3,3] dims=[2,3]} %12
        %15:f32[1,2,3,3] = add %13 %14
        %16:f32[2,3,3] = reshape{shape=[2,3,3]} %15
        %17:f32[2,3] = reduce_max{axes=[2]} %16
        %18:f32[2,3] = stop_gradient %17
        %19:f32[2,3,3] = broadcast{shape=[2,3,3] dims=[0,1]} %18
        %20:f32[2,3,3] = sub %16 %19
        %21:f32[2,3,3] = exp %20
        %22:f32[2,3] = reduce_sum{axes=[2]} %21
        %23:f32[] = constant{values=[1]}
        %24:f32[2,3] = broadcast{shape=[2,3] dims=[]} %23
        %25:f32[2,3] = div %24 %22
        %26:f32[2,3,3] = broadcast{shape=[2,3,3] dims=[0,1]} %25
        %27:f32[2,3,3] = mul %21 %26
        %28:bf16[2,3,3] = convert{dtype=bf16} %27
        %29:bf16[2,3,4] = dot_general{lhsBatch=[0] rhsBatch=[0] lhsContract=[2] rhsContract=[1]} %28 %2
        return y=%29
      }
      "
    `)
  })

  test('an embedding is looked up in a float32 table', () => {
    const m = bf16()
    const y = embedding(m.s, m.input('ids', 's32[3]'), { vocab: 5, width: 2 })
    const [table] = gradient(m.b, m.b.sum(m.b.convert(y, 'f32'), [0, 1]), [m.weights.get('weight')!.value])
    expect(m.print({ y, table: table! })).toMatchInlineSnapshot(`
      "program test(%0:s32[3] ids, %1:f32[5,2] weight) {
        %2:f32[3,2] = gather{offsetDims=[1] collapsedDims=[0] operandBatch=[] indexBatch=[] startIndexMap=[0] indexVectorDim=1 sliceSizes=[1,2]} %1 %0
        %3:bf16[3,2] = convert{dtype=bf16} %2
        %4:f32[] = constant{values=[1]}
        %5:f32[3,2] = broadcast{shape=[3,2] dims=[]} %4
        %6:bf16[3,2] = convert{dtype=bf16} %5
        %7:f32[3,2] = convert{dtype=f32} %6
        %8:f32[] = constant{values=[0]}
        %9:f32[5,2] = broadcast{shape=[5,2] dims=[]} %8
        %10:f32[5,2] = scatter_add{offsetDims=[1] collapsedDims=[0] operandBatch=[] indexBatch=[] startIndexMap=[0] indexVectorDim=1} %9 %0 %7
        return y=%3, table=%10
      }
      "
    `)
  })
})

describe('in bf16', () => {
  /** Layers from bf16 to bf16, and how many products or convolutions of theirs are in bf16. */
  const LAYERS: readonly (readonly [string, number, (m: TestModel) => Var])[] = [
    ['RMS norm', 0, m => rmsNorm(m.s, m.input('x', 'bf16[3,8]'))],
    ['L2 normalisation', 0, m => l2Normalize(m.b, m.input('x', 'bf16[3,8]'))],
    ['softmax', 0, m => softmax(m.b, m.input('x', 'bf16[3,8]'))],
    ['log softmax', 0, m => logSoftmax(m.b, m.input('x', 'bf16[3,8]'))],
    ['log sum exp', 0, m => logSumExp(m.b, m.input('x', 'bf16[3,8]'))],
    ['GELU', 0, m => gelu(m.b, m.input('x', 'bf16[3,8]'))],
    ['a mean over windows', 0, m => avgPool2d(m.b, m.input('x', 'bf16[1,4,4,2]'), { kernel: 2 })],
    ['SwiGLU', 3, m => swiGlu(m.s, m.input('x', 'bf16[3,8]'), { hidden: 12 })],
    ['a transformer', 12, m => transformer(m.s, m.input('x', 'bf16[2,3,8]'), { heads: 2, depth: 2 })],
    ['a convolution block', 3, m => convBlock(m.s, m.input('x', 'bf16[1,4,4,4]'), { width: 8, groups: 2 })],
    ['a vision transformer', 7, m => visionTransformer(m.s, m.input('image', 'bf16[2,8,8,3]'), VIT).pooled],
    ['a codebook', 0, m => vectorQuantiser(m.s, m.input('z', 'bf16[2,3,4]'), { size: 5 }).codes],
  ]

  test.each(LAYERS)('%s: sums, powers and roots in float32, %i products in bf16', (_, products, build) => {
    const m = bf16()
    const y = build(m)
    expect(y.type.dtype).toBe('bf16')
    const program = m.program({ y })
    const fine = ['exp', 'log', 'rsqrt', 'erf', 'logistic', 'reduce_sum', 'reduce_max', 'reduce_window']
    expect(dtypesOf(program, fine).filter(found => !found.endsWith('f32'))).toEqual([])
    const coarse = dtypesOf(program, ['dot_general', 'convolution'])
    expect(coarse.filter(found => found.endsWith('bf16'))).toHaveLength(products)
    for (const w of m.weights.values()) expect(w.value.type.dtype).toBe('f32')
  })

  test('a logit scale and the losses of a codebook stay float32', () => {
    const m = bf16()
    expect(logitScale(m.s).type.dtype).toBe('f32')
    const { loss, commitment } = vectorQuantiser(m.s, m.input('z', 'bf16[2,3,4]'), { size: 5 })
    expect([loss, commitment].flatMap(l => [l.sum.type.dtype, l.count.type.dtype])).toEqual(
      Array(4).fill('f32'),
    )
  })
})
