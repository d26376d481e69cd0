import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { AttentionMasks } from '../../src/nn/attend.ts'
import { multiHeadAttention } from '../../src/nn/attention.ts'
import { transformer } from '../../src/nn/transformer.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, runSingle, TestModel, type Values, withNoise } from './scope.ts'

const [BATCH, TOKENS, WIDTH, HEADS] = [2, 4, 6, 2]
const X = `f32[${BATCH},${TOKENS},${WIDTH}]`

interface Flags {
  readonly causal?: boolean
  readonly mask?: boolean
  readonly valid?: boolean
}

/** Attention with the asked masks, each mask an input. */
const build =
  (flags: Flags) =>
  (m: TestModel): ReturnType<typeof multiHeadAttention> => {
    const masks: AttentionMasks = {
      causal: flags.causal,
      mask: flags.mask ? m.input('mask', `bool[${TOKENS},${TOKENS}]`) : undefined,
      valid: flags.valid ? m.input('valid', `bool[${BATCH},${TOKENS}]`) : undefined,
    }
    return multiHeadAttention(m.s, m.input('x', X), { heads: HEADS, ...masks })
  }

/** Attention by loops; `allowed(batch, query, key)`. */
function byLoops(values: Values, allowed: (n: number, q: number, k: number) => boolean): number[] {
  const { x, in_proj_weight: w, in_proj_bias: c } = values
  const d = WIDTH / HEADS
  const project = (n: number, t: number, row: number): number => {
    let sum = c![row]!
    for (let i = 0; i < WIDTH; i++) sum += x![(n * TOKENS + t) * WIDTH + i]! * w![row * WIDTH + i]!
    return sum
  }
  const out: number[] = []
  for (let n = 0; n < BATCH; n++)
    for (let q = 0; q < TOKENS; q++) {
      const mixed = new Array<number>(WIDTH).fill(0)
      for (let h = 0; h < HEADS; h++) {
        const powers = Array.from({ length: TOKENS }, (_, k) => {
          let score = 0
          for (let i = h * d; i < (h + 1) * d; i++) score += project(n, q, i) * project(n, k, WIDTH + i)
          return allowed(n, q, k) ? Math.exp(score / Math.sqrt(d)) : 0
        })
        const total = powers.reduce((s, p) => s + p)
        for (let i = h * d; i < (h + 1) * d; i++)
          mixed[i] = powers.reduce((s, p, k) => s + (p / total) * project(n, k, 2 * WIDTH + i), 0)
      }
      for (let o = 0; o < WIDTH; o++)
        out.push(
          mixed.reduce(
            (s, m, i) => s + m * values['out_proj/weight']![o * WIDTH + i]!,
            values['out_proj/bias']![o]!,
          ),
        )
    }
  return out
}

const MASK = [1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1]
const VALID = [1, 1, 1, 0, 1, 0, 1, 1]

describe('multi-head attention', () => {
  test.each<[string, Flags, (n: number, q: number, k: number) => boolean]>([
    ['all tokens', {}, () => true],
    ['causal', { causal: true }, (_, q, k) => k <= q],
    ['a mask', { mask: true }, (_, q, k) => MASK[q * TOKENS + k] === 1],
    ['valid tokens', { valid: true }, (n, _, k) => VALID[n * TOKENS + k] === 1],
    ['causal and valid', { causal: true, valid: true }, (n, q, k) => k <= q && VALID[n * TOKENS + k] === 1],
  ])('is softmax(Q Kᵀ / √d) V: %s', (_, flags, allowed) => {
    const model = new TestModel()
    const program = model.program({ y: build(flags)(model) })
    const values = withNoise(program, { mask: MASK, valid: VALID })
    expect(difference(run(program, values).y!, byLoops(values, allowed))).toBeLessThan(1e-12)
    expect(gradientError(build(flags), { mask: MASK, valid: VALID })).toBeLessThan(1e-7)
  })

  test('a row with nothing to attend to stays finite, and so does its gradient', () => {
    const model = new TestModel()
    const y = build({ causal: true, valid: true })(model)
    const weights = [...model.weights.values()].map(w => w.value)
    const grads = gradient(model.b, model.b.sum(y, [0, 1, 2]), weights)
    const program = model.program({ y, ...Object.fromEntries(grads.map((g, i) => [`g${i}`, g])) })
    const results = runSingle(program, withNoise(program, { valid: new Array(BATCH * TOKENS).fill(0) }))
    for (const data of Object.values(results)) expect(data.every(Number.isFinite)).toBe(true)
  })

  test('any leading axes are a batch', () => {
    const flat = new TestModel()
    const one = flat.program({ y: multiHeadAttention(flat.s, flat.input('x', 'f32[6,4,6]'), { heads: 2 }) })
    const deep = new TestModel()
    const two = deep.program({ y: multiHeadAttention(deep.s, deep.input('x', 'f32[2,3,4,6]'), { heads: 2 }) })
    const bare = new TestModel()
    const three = bare.program({ y: multiHeadAttention(bare.s, bare.input('x', 'f32[4,6]'), { heads: 2 }) })
    const x = noise('x', [6, 4, 6])
    const y = run(one, withNoise(one, { x })).y!
    expect(run(two, withNoise(two, { x })).y).toEqual(y)
    expect(run(three, withNoise(three, { x: x.slice(0, 24) })).y).toEqual(y.slice(0, 24))
  })

  test('weights have the names and layouts of torch.nn.MultiheadAttention', () => {
    const model = new TestModel()
    build({})(model)
    expect([...model.weights].map(([name, w]) => `${name} [${w.shape}]`)).toEqual([
      'in_proj_weight [18,6]',
      'in_proj_bias [18]',
      'out_proj/weight [6,6]',
      'out_proj/bias [6]',
    ])
  })

  test('heads that do not divide the width are refused', () => {
    const model = new TestModel()
    expect(() => multiHeadAttention(model.s, model.input('x', X), { heads: 4 })).toThrow(
      "4 heads don't divide the width of f32[2,4,6]",
    )
  })
})

describe('transformer', () => {
  test("blocks start with CLIP's deviations", () => {
    const model = new TestModel()
    transformer(model.s, model.input('x', 'f32[1,3,16]'), { depth: 2, heads: 2, mlpRatio: 3 })
    const shown = [...model.weights]
      .filter(([name]) => name.startsWith('resblocks/1/') && name.endsWith('weight'))
      .map(([name, { shape, init }]) => `${name} [${shape}] ${init.kind === 'normal' ? init.std : init.kind}`)
    expect(shown).toEqual([
      'resblocks/1/ln_1/weight [16] ones',
      `resblocks/1/attn/in_proj_weight [48,16] ${16 ** -0.5}`,
      `resblocks/1/attn/out_proj/weight [16,16] ${16 ** -0.5 * 4 ** -0.5}`,
      'resblocks/1/ln_2/weight [16] ones',
      `resblocks/1/mlp/c_fc/weight [48,16] ${32 ** -0.5}`,
      `resblocks/1/mlp/c_proj/weight [16,48] ${16 ** -0.5 * 4 ** -0.5}`,
    ])
  })

  test('gradient', () => {
    const error = gradientError(m =>
      transformer(m.s, m.input('x', 'f32[2,3,4]'), {
        depth: 2,
        heads: 2,
        causal: true,
        activation: 'quick_gelu',
      }),
    )
    expect(error).toBeLessThan(1e-7)
  })
})
