import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { textTransformer } from '../../src/nn/text-transformer.ts'
import { type VisionTransformerOptions, visionTransformer } from '../../src/nn/vit.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, TestModel, type Values, withNoise } from './scope.ts'

type Arrays = Readonly<Record<string, GoldenArray>>

interface Tower {
  readonly config: Readonly<Record<string, number>>
  readonly weights: Arrays
  readonly stages: Arrays
  readonly output: GoldenArray
  readonly output_f32: GoldenArray
  readonly cotangent: GoldenArray
  readonly gradients: Arrays
}

/** Checkpoint names become weight paths with '/' for '.', the layouts stay. */
const pathOf = (name: string): string => name.replaceAll('.', '/')

/**
 * Builds a tower, projects `pooled` by the file's projection [in, out], and compares `tokens`, the output and all
 * gradients of Σ output · cotangent with the file.
 */
function compare(
  golden: Tower,
  projection: string,
  inputs: Values,
  tokensStage: string,
  build: (model: TestModel) => { tokens: Var; pooled: Var },
): void {
  const model = new TestModel()
  const { b } = model
  const { tokens, pooled } = build(model)
  const weight = model.s.weight(projection, golden.weights[projection]!.shape, { kind: 'zeros' })
  const output = b.dotGeneral(pooled, weight, {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [0],
  })
  const cotangent = b.constant(output.type, golden.cotangent.data)
  const names = [...model.weights.keys()]
  expect(names.toSorted()).toEqual(Object.keys(golden.weights).map(pathOf).toSorted())
  for (const [name, w] of Object.entries(golden.weights))
    expect([name, model.weights.get(pathOf(name))!.shape]).toEqual([name, w.shape])

  const grads = gradient(
    b,
    b.sum(b.mul(output, cotangent), [0, 1]),
    names.map(n => model.weights.get(n)!.value),
  )
  const program = model.program({
    tokens,
    output,
    ...Object.fromEntries(grads.map((g, i) => [names[i]!, g])),
  })
  const weights = Object.fromEntries(Object.entries(golden.weights).map(([n, w]) => [pathOf(n), w.data]))
  const results = run(program, { ...inputs, ...weights })
  expect(difference(results.tokens!, golden.stages[tokensStage]!.data)).toBeLessThan(1e-9)
  expect(difference(results.output!, golden.output.data)).toBeLessThan(1e-9)
  expect(difference(results.output!, golden.output_f32.data)).toBeLessThan(1e-5)
  for (const [key, g] of Object.entries(golden.gradients)) {
    // `name[:n]` holds the first n rows only.
    const name = pathOf(key.replace(/\[:\d+\]$/, ''))
    const error = difference(results[name]!.subarray(0, g.data.length), g.data)
    expect([key, error < 1e-9]).toEqual([key, true])
  }
}

describeGolden<Tower & { image: GoldenArray }>('clip_vit', golden => {
  test("tokens, output and gradients are open_clip's VisionTransformer", () => {
    const { config } = golden
    compare(golden, 'proj', { image: golden.image.data }, 'transformer.resblocks.1', model =>
      visionTransformer(model.s, model.input('image', `f32[${golden.image.shape}]`), {
        patch: config.patch_size!,
        width: config.width!,
        depth: config.layers!,
        heads: config.heads!,
        mlpRatio: config.mlp_ratio!,
        pool: 'cls',
        mean: [0, 0, 0],
        std: [1, 1, 1],
      }),
    )
  })

  test('the mean pool is the mean of the normed patches', () => {
    const { config, image, weights, stages } = golden
    const model = new TestModel()
    const { pooled } = visionTransformer(model.s, model.input('image', `f32[${image.shape}]`), {
      patch: config.patch_size!,
      width: config.width!,
      depth: config.layers!,
      heads: config.heads!,
      pool: 'mean',
      mean: [0, 0, 0],
      std: [1, 1, 1],
    })
    const given = Object.fromEntries(Object.entries(weights).map(([n, w]) => [pathOf(n), w.data]))
    const results = run(model.program({ pooled }), { image: image.data, ...given })
    const { data, shape } = stages.ln_post!
    const [rows, tokens, width] = shape as [number, number, number]
    const means = Array.from({ length: rows * width }, (_, p) => {
      const first = Math.floor(p / width) * tokens * width + (p % width)
      let sum = 0
      for (let t = 1; t < tokens; t++) sum += data[first + t * width]!
      return sum / (tokens - 1)
    })
    expect(difference(results.pooled!, means)).toBeLessThan(1e-9)
  })
})

describeGolden<Tower & { ids: GoldenArray }>('clip_text', golden => {
  test("tokens, output and gradients are open_clip's TextTransformer", () => {
    const { config, ids } = golden
    const [rows, length] = ids.shape as [number, number]
    const row = (i: number): readonly number[] => ids.data.slice(i * length, (i + 1) * length)
    const eot = Array.from({ length: rows }, (_, i) => row(i).indexOf(config.vocab_size! - 1))
    compare(golden, 'text_projection', { ids: ids.data, eot }, 'ln_final', model =>
      textTransformer(model.s, model.input('ids', `s32[${ids.shape}]`), model.input('eot', `s32[${rows}]`), {
        vocab: config.vocab_size!,
        width: config.width!,
        depth: config.layers!,
        heads: config.heads!,
        mlpRatio: config.mlp_ratio!,
        causal: true,
      }),
    )
  })
})

const VIT: VisionTransformerOptions = {
  patch: 2,
  width: 4,
  depth: 1,
  heads: 2,
  pool: 'cls',
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.3, 0.4],
}

describe('vision transformer', () => {
  const outputs = (type: string, options: Partial<VisionTransformerOptions>, image: ArrayLike<number>) => {
    const model = new TestModel()
    const made = visionTransformer(model.s, model.input('image', type), { ...VIT, ...options })
    const program = model.program({ ...made })
    return run(program, withNoise(program, { image }))
  }
  const image = noise('image', [6, 4, 4, 3])

  test('normalises the channels itself', () => {
    const normal = image.map((v, i) => (v - VIT.mean[i % 3]!) / VIT.std[i % 3]!)
    const inside = outputs('f32[6,4,4,3]', {}, image)
    const before = outputs('f32[6,4,4,3]', { mean: [0, 0, 0], std: [1, 1, 1] }, normal)
    expect(difference(inside.pooled!, before.pooled!)).toBeLessThan(1e-12)
  })

  test('any leading axes are a batch', () => {
    expect(outputs('f32[2,3,4,4,3]', {}, image)).toEqual(outputs('f32[6,4,4,3]', {}, image))
  })

  test.each(['cls', 'mean'] as const)('gradient with pool %s', pool => {
    const error = gradientError(
      m => visionTransformer(m.s, m.input('image', 'f32[2,4,4,3]'), { ...VIT, pool }).pooled,
    )
    expect(error).toBeLessThan(1e-7)
  })

  test('statistics for another number of channels are refused', () => {
    const model = new TestModel()
    expect(() => visionTransformer(model.s, model.input('image', 'f32[1,4,4,1]'), VIT)).toThrow(
      '3 means and 3 deviations for the 1 channels of f32[1,4,4,1]',
    )
  })
})

describe('text transformer', () => {
  const options = { vocab: 7, width: 4, depth: 2, heads: 2 }
  const pooledOf = (ids: readonly number[], causal: boolean): Float64Array => {
    const model = new TestModel()
    const { pooled } = textTransformer(
      model.s,
      model.input('ids', 's32[1,5]'),
      model.input('eot', 's32[1]'),
      {
        ...options,
        causal,
      },
    )
    const program = model.program({ pooled })
    return run(program, withNoise(program, { ids, eot: [2] })).pooled!
  }

  test('with causal attention nothing behind the end of text is seen', () => {
    expect(pooledOf([1, 3, 6, 0, 0], true)).toEqual(pooledOf([1, 3, 6, 5, 2], true))
    expect(pooledOf([1, 3, 6, 0, 0], false)).not.toEqual(pooledOf([1, 3, 6, 5, 2], false))
    expect(pooledOf([1, 3, 6, 0, 0], true)).not.toEqual(pooledOf([2, 3, 6, 0, 0], true))
  })

  test('gradient', () => {
    const values = { ids: [1, 3, 6, 0, 0, 2, 2, 4, 6, 0], eot: [2, 3] }
    const error = gradientError(
      m =>
        textTransformer(m.s, m.input('ids', 's32[2,5]'), m.input('eot', 's32[2]'), {
          ...options,
          causal: true,
        }).pooled,
      values,
    )
    expect(error).toBeLessThan(1e-7)
  })
})
