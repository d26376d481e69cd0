import { describe, expect, test } from 'vitest'
import { type GroupedAttentionOptions, groupedAttention } from '../../src/nn/grouped-attention.ts'
import { rotary } from '../../src/nn/rotary.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { compareLayer, type GoldenLayer } from './golden-layer.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, TestModel, withNoise } from './scope.ts'

interface Golden {
  readonly cross: GoldenLayer & { readonly heads: number; readonly valid: GoldenArray }
  readonly grouped: GoldenLayer & {
    readonly heads: number
    readonly kv_heads: number
    readonly head_width: number
  }
  readonly language_model: Golden['grouped'] & {
    readonly eps: number
    readonly base: number
    readonly positions: GoldenArray
    readonly valid: GoldenArray
  }
}

describeGolden<Golden>('attention', ({ cross, grouped, language_model }) => {
  test('to a memory is torch.nn.MultiheadAttention with kdim and vdim', () => {
    const build = (m: TestModel, { x, memory }: Record<string, ReturnType<TestModel['input']>>) =>
      groupedAttention(m.s, x!, {
        heads: cross.heads,
        memory,
        valid: m.input('valid', `bool[${cross.valid.shape}]`),
        bias: true,
      })
    compareLayer(cross, build, { valid: cross.valid.data.map(Number) })
  })

  test('heads that share keys are those of scaled_dot_product_attention(enable_gqa)', () => {
    compareLayer(grouped, (m, { x }) =>
      groupedAttention(m.s, x!, {
        heads: grouped.heads,
        kvHeads: grouped.kv_heads,
        headWidth: grouped.head_width,
      }),
    )
  })

  test("a language model's: normalised, rotated at given positions, causal, padded", () => {
    const { heads, kv_heads, head_width, eps, base, positions, valid } = language_model
    compareLayer(
      language_model,
      (m, { x }) =>
        groupedAttention(m.s, x!, {
          heads,
          kvHeads: kv_heads,
          headWidth: head_width,
          qkNorm: { eps },
          rotary: { base, positions: m.input('positions', `s32[${positions.shape}]`) },
          causal: true,
          valid: m.input('valid', `bool[${valid.shape}]`),
        }),
      { positions: positions.data, valid: valid.data.map(Number) },
    )
  })
})

describe('grouped attention', () => {
  const X = 'f32[2,3,8]'

  test('gradient', () => {
    const options: GroupedAttentionOptions = {
      heads: 4,
      kvHeads: 2,
      qkNorm: true,
      rotary: {},
      causal: true,
      bias: true,
    }
    expect(gradientError(m => groupedAttention(m.s, m.input('x', X), options))).toBeLessThan(1e-7)
    const toMemory = (m: TestModel) =>
      groupedAttention(m.s, m.input('x', X), { heads: 2, memory: m.input('memory', 'f32[2,5,6]') })
    expect(gradientError(toMemory)).toBeLessThan(1e-7)
  })

  test('any leading axes are a batch, with or without a memory', () => {
    const build = (x: string, memory: string) => {
      const m = new TestModel()
      const y = groupedAttention(m.s, m.input('x', x), { heads: 2, memory: m.input('memory', memory) })
      return m.program({ y })
    }
    const flat = build('f32[6,3,8]', 'f32[6,5,4]')
    const deep = build('f32[2,3,3,8]', 'f32[2,3,5,4]')
    const values = { x: noise('x', [6, 3, 8]), memory: noise('memory', [6, 5, 4]) }
    expect(run(deep, withNoise(deep, values)).y).toEqual(run(flat, withNoise(flat, values)).y)
  })

  test('fewer causal queries than keys are the last ones', () => {
    const causal = (queries: number) => {
      const m = new TestModel()
      const memory = m.input('memory', 'f32[1,5,4]')
      const x = m.b.slice(memory, [0, 5 - queries, 0], [1, 5, 4])
      return m.program({ y: groupedAttention(m.s, x, { heads: 2, memory, causal: true }) })
    }
    const values = { memory: noise('memory', [1, 5, 4]) }
    const all = run(causal(5), withNoise(causal(5), values)).y!
    expect(difference(run(causal(2), withNoise(causal(2), values)).y!, all.slice(12))).toBeLessThan(1e-12)
  })

  test('weights have the names and layouts of Llama and Qwen3', () => {
    const m = new TestModel()
    groupedAttention(m.s, m.input('x', X), { heads: 4, kvHeads: 2, headWidth: 6, qkNorm: true, bias: true })
    expect([...m.weights].map(([name, w]) => `${name} [${w.shape}]`)).toEqual([
      'q_proj/weight [24,8]',
      'q_proj/bias [24]',
      'q_norm/weight [6]',
      'k_proj/weight [12,8]',
      'k_proj/bias [12]',
      'k_norm/weight [6]',
      'v_proj/weight [12,8]',
      'v_proj/bias [12]',
      'o_proj/weight [8,24]',
      'o_proj/bias [8]',
    ])
  })

  test.each<[string, GroupedAttentionOptions, string | undefined, string]>([
    ['heads', { heads: 3 }, undefined, "3 heads don't divide the width of f32[2,3,8]"],
    ['keys', { heads: 4, kvHeads: 3 }, undefined, "3 keys can't be shared equally by 4 heads"],
    ['rows', { heads: 4 }, 'f32[3,5,8]', 'f32[2,3,8] attends to f32[3,5,8]: their leading axes differ'],
    [
      'positions',
      { heads: 4, rotary: {} },
      'f32[2,5,8]',
      'a rotary position embedding is of one sequence, here queries and keys come from two',
    ],
    [
      'odd heads',
      { heads: 4, headWidth: 3, rotary: {} },
      undefined,
      'rotary embedding pairs up elements: f32[2,3,4,3] is odd',
    ],
  ])('what does not fit is refused: %s', (_, options, memory, message) => {
    const m = new TestModel()
    const build = () =>
      groupedAttention(m.s, m.input('x', X), {
        ...options,
        memory: memory === undefined ? undefined : m.input('memory', memory),
      })
    expect(build).toThrow(message)
  })
})

describe('rotary', () => {
  const turned = (x: Float64Array, positions: number[]): Float64Array => {
    const m = new TestModel()
    const y = rotary(m.b, m.input('x', 'f32[1,2,1,6]'), { positions: m.input('at', 's32[2]') })
    return run(m.program({ y }), { x, at: positions }).y!
  }

  test('a product depends on how far two tokens are apart, not on where they stand', () => {
    const x = noise('x', [1, 2, 1, 6])
    const product = (positions: number[]): number => {
      const y = turned(x, positions)
      return y.slice(0, 6).reduce((s, v, i) => s + v * y[6 + i]!, 0)
    }
    expect(product([3, 7])).toBeCloseTo(product([103, 107]), 6)
    expect(Math.abs(product([3, 7]) - product([3, 8]))).toBeGreaterThan(1e-3)
  })

  test('nothing turns at position 0, and lengths stay', () => {
    const x = noise('x', [1, 2, 1, 6])
    const y = turned(x, [0, 50])
    expect([...y.slice(0, 6)]).toEqual([...x.slice(0, 6)])
    expect(Math.hypot(...y.slice(6))).toBeCloseTo(Math.hypot(...x.slice(6)), 12)
  })
})
