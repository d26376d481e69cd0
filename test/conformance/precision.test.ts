import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { fromBf16Bits } from '../../src/ir/bf16.ts'
import type { Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { gelu } from '../../src/nn/activations.ts'
import { convBlock } from '../../src/nn/conv-block.ts'
import { embedding } from '../../src/nn/embedding.ts'
import { groupedAttention } from '../../src/nn/grouped-attention.ts'
import { layerNorm } from '../../src/nn/layer-norm.ts'
import { linear } from '../../src/nn/linear.ts'
import { softmax } from '../../src/nn/softmax.ts'
import { residualBlock, transformer } from '../../src/nn/transformer.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { hostArray, toNumbers } from '../../src/runtime/host-array.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { noise, run, TestModel, type Values } from '../nn/scope.ts'
import { openXla, xlaPlugin } from './plugin.ts'

const plugin = xlaPlugin()

/** A layer from `x` bf16 of this shape, which is noise around `mean`. */
interface Layer {
  readonly name: string
  readonly x: readonly number[]
  readonly mean?: number
  readonly build: (m: TestModel, x: Var) => Var
}

const LAYERS: readonly Layer[] = [
  { name: 'a linear map of 4096 numbers', x: [4, 4096], build: (m, x) => linear(m.s, x, 8) },
  { name: 'a bias that 4096 rows add to', x: [4096, 2], build: (m, x) => linear(m.s, x, 2) },
  { name: 'softmax over 4096', x: [2, 4096], build: (m, x) => softmax(m.b, x) },
  { name: 'layer norm far from 0', x: [4, 256], mean: 20, build: (m, x) => layerNorm(m.s, x) },
  { name: 'GELU where it is nearly 0', x: [64], mean: -3, build: (m, x) => gelu(m.b, x) },
  {
    name: 'a transformer',
    x: [2, 8, 32],
    build: (m, x) => transformer(m.s, x, { heads: 4, depth: 2, causal: true }),
  },
  {
    name: "a language model's attention",
    x: [2, 8, 32],
    build: (m, x) =>
      groupedAttention(m.s, x, { heads: 4, kvHeads: 2, qkNorm: true, rotary: {}, causal: true }),
  },
  {
    name: 'a convolution block',
    x: [2, 8, 8, 8],
    build: (m, x) => convBlock(m.s, x, { width: 16, groups: 4 }),
  },
  {
    name: 'a row of a table that occurs 4096 times',
    x: [1],
    build: (m, x) => m.b.mul(embedding(m.s, m.b.fill(tensor('s32', [4096]), 1), { vocab: 3, width: 2 }), x),
  },
]

/** The nearest bf16 number towards 0. */
const truncated = (v: number): number =>
  fromBf16Bits(new Uint32Array(new Float32Array([v]).buffer)[0]! >>> 16)

const distance = (a: ArrayLike<number>, b: Float64Array): number =>
  Math.sqrt(b.reduce((sum, v, i) => sum + (a[i]! - v) ** 2, 0) / b.reduce((sum, v) => sum + v * v, 0))

/**
 * How far output and gradients of Σ y · cotangent are from the exact ones in float64, relative to their length. `x` and
 * the cotangent are bf16 numbers, so that only what happens inside counts.
 */
async function errorsOf(
  backend: Backend,
  { x: shape, build }: Layer,
  values: (name: string, shape: readonly number[]) => ArrayLike<number>,
): Promise<Record<string, number>> {
  const m = new TestModel('train', 'bf16')
  const { b } = m
  const x = m.input('x', `f32[${shape}]`)
  const y = b.convert(build(m, b.convert(x, 'bf16')), 'f32')
  const cotangent = b.input('cotangent', y.type)
  const loss = b.sum(b.mul(y, cotangent), [...y.type.shape.keys()])
  const wrt = [['x', x] as const, ...[...m.weights].map(([name, w]) => [name, w.value] as const)]
  const grads = gradient(
    b,
    loss,
    wrt.map(([, v]) => v),
  )
  const program = m.program({
    output: y,
    ...Object.fromEntries(grads.map((g, i) => [`gradient of ${wrt[i]![0]}`, g])),
  })
  const given: Values = Object.fromEntries(
    program.inputs.map(({ name, value: { type } }) => [name, values(name, type.shape)]),
  )
  const exact = run(program, given)
  const executable = await backend.compile(program)
  const args = program.inputs.map(i => backend.upload(hostArray(i.value.type, given[i.name]!)))
  const results = await executable.run(args)
  const got = await Promise.all(results.map(async r => toNumbers(await r.toHost())))
  for (const a of [...args, ...results]) a.free()
  executable.free()
  return Object.fromEntries(program.outputs.map(({ name }, i) => [name, distance(got[i]!, exact[name]!)]))
}

interface GoldenCase {
  readonly x: GoldenArray
  readonly cotangent: GoldenArray
  readonly weights: Readonly<Record<string, GoldenArray>>
  /** Of torch.autocast, by output and gradient. */
  readonly errors: Readonly<Record<string, number>>
}

interface Golden {
  readonly transformer: GoldenCase & { readonly heads: number; readonly mlp_ratio: number }
  readonly convolutions: GoldenCase & { readonly groups: number; readonly width: number }
}

if ('missing' in plugin) {
  it.skip(`bf16 on XLA (skipped: ${plugin.missing})`, () => {})
} else {
  describe('in bf16 on XLA', () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await openXla(plugin.path)
    })
    afterAll(() => backend.close())

    it.each(LAYERS.map(l => [l.name, l] as const))(
      '%s: results and gradients are off by roundings, not by sums of them',
      async (_, layer) => {
        const errors = await errorsOf(backend, layer, (name, shape) => {
          const scale = name === 'x' || name === 'cotangent' ? 1 : (shape.at(-1) ?? 1) ** -0.5
          const mean = name === 'x' ? (layer.mean ?? 0) : 0
          return noise(name, shape).map(v => truncated(v * scale + mean))
        })
        expect(Object.entries(errors).filter(([, error]) => !(error < 0.02))).toEqual([])
      },
    )

    describeGolden<Golden>('autocast', ({ transformer, convolutions }) => {
      const compare = async (golden: GoldenCase, build: Layer['build']) => {
        const arrays: Record<string, GoldenArray> = { x: golden.x, cotangent: golden.cotangent }
        for (const [name, w] of Object.entries(golden.weights)) arrays[name.replaceAll('.', '/')] = w
        const layer = { name: 'golden', x: golden.x.shape, build }
        const errors = await errorsOf(backend, layer, name => arrays[name]!.data)
        const torch = Object.fromEntries(
          Object.entries(golden.errors).map(([name, e]) => [name.replaceAll('.', '/'), e]),
        )
        expect(Object.keys(errors).toSorted()).toEqual(Object.keys(torch).toSorted())
        // Roundings fall by chance, which shows in arrays of a few numbers.
        expect(Object.entries(errors).filter(([name, e]) => !(e < 2.5 * torch[name]!))).toEqual([])
        const total = (all: Record<string, number>) => Object.values(all).reduce((sum, e) => sum + e, 0)
        expect(total(errors)).toBeLessThan(1.1 * total(torch))
      }

      it('a transformer block is as exact as under torch.autocast', () =>
        compare(transformer, (m, x) =>
          residualBlock(m.s, x, {
            heads: transformer.heads,
            mlpRatio: transformer.mlp_ratio,
            depth: 1,
            causal: true,
          }),
        ))

      it('a convolution block is as exact as under torch.autocast', () =>
        compare(convolutions, (m, x) =>
          convBlock(m.s, x, { groups: convolutions.groups, width: convolutions.width }),
        ))
    })
  })
}
