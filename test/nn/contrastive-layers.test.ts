import { describe, expect, test } from 'vitest'
import { attentionPool } from '../../src/nn/attention-pool.ts'
import { randomBlur, randomGrey } from '../../src/nn/augment.ts'
import { type CaptionMixerOptions, captionMixer } from '../../src/nn/caption-mixer.ts'
import { mlp } from '../../src/nn/mlp.ts'
import { dropPatches } from '../../src/nn/patch-drop.ts'
import { textTransformer } from '../../src/nn/text-transformer.ts'
import { dropTokens } from '../../src/nn/token-drop.ts'
import { type VisionTransformerOptions, visionTransformer } from '../../src/nn/vit.ts'
import { gradientError } from './gradients.ts'
import { difference, noise, run, TestModel, type Values, withNoise } from './scope.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('dropping patches', () => {
  const [rows, tokens, width] = [40, 9, 2]
  const made = (keep: number, seed = 1) => {
    const m = new TestModel()
    const x = m.input('x', `f32[${rows},${tokens},${width}]`)
    const kept = dropPatches(m.s, x, { first: 1, keep })
    const program = m.program({ kept: kept.tokens, valid: kept.valid, back: kept.restore(kept.tokens) })
    const values = { x: noise('x', [rows, tokens, width]), 'key:patch_drop': [seed, 2] }
    return { x: values.x, ...(run(program, values) as Record<'kept' | 'valid' | 'back', Float64Array>) }
  }

  test('keeps the class token and the share asked for of each picture, and gives back where it was', () => {
    const { x, kept, valid, back } = made(0.5)
    expect(kept.length).toBe(rows * 5 * width)
    range(rows).forEach(r => {
      const stays = Array.from(valid.subarray(r * tokens, (r + 1) * tokens))
      expect(stays[0]).toBe(1)
      expect(stays.reduce((s, v) => s + v, 0)).toBe(5)
      expect(Array.from(kept.subarray(r * 5 * width, r * 5 * width + width))).toEqual(
        Array.from(x.subarray(r * tokens * width, r * tokens * width + width)),
      )
    })
    range(rows * tokens).forEach(t => {
      const want = valid[t] ? Array.from(x.subarray(t * width, (t + 1) * width)) : [0, 0]
      expect(Array.from(back.subarray(t * width, (t + 1) * width))).toEqual(want)
    })
  })

  test('pictures differ in what they lose, and so do keys; no place is preferred', () => {
    const [one, two] = [made(0.5), made(0.5, 2)]
    expect(one.valid).not.toEqual(two.valid)
    const rowsOf = new Set(range(rows).map(r => one.valid.subarray(r * tokens, (r + 1) * tokens).join()))
    expect(rowsOf.size).toBeGreaterThan(20)
    // Each of 8 patches stays with probability ½: 40 ± 13 of 80 at four standard deviations.
    for (const t of range(tokens).slice(1)) {
      const stays = [one, two].flatMap(d => range(rows).map(r => d.valid[r * tokens + t]!))
      expect(Math.abs(stays.reduce((s, v) => s + v, 0) - rows)).toBeLessThan(18)
    }
  })

  test('at least one patch stays', () => {
    expect(made(0.01).kept.length).toBe(rows * 2 * width)
  })
})

const VIT: VisionTransformerOptions = {
  patch: 2,
  width: 4,
  depth: 1,
  heads: 2,
  pool: 'mean',
  mean: [0.5, 0.5, 0.5],
  std: [0.3, 0.3, 0.3],
}

describe('vision transformer', () => {
  const IMAGE = 'f32[2,4,4,3]'
  const vision = (options: Partial<VisionTransformerOptions>, mode: 'train' | 'eval' = 'train') => {
    const m = new TestModel(mode)
    const made = visionTransformer(m.s, m.input('image', IMAGE), { ...VIT, ...options })
    return { m, made, program: m.program({ ...made }) }
  }

  test('computes only what is kept, while training; an evaluation is the network without dropping', () => {
    const flops = (keep: number, mode: 'train' | 'eval') => {
      const { program } = vision({ keep }, mode)
      const heavy = program.equations.filter(eq => eq.prim.name === 'dot_general')
      return heavy.reduce((n, eq) => n + eq.outs[0]!.type.shape.reduce((x, y) => x * y, 1), 0)
    }
    expect(flops(0.5, 'train')).toBeLessThan(flops(1, 'train'))
    const outputs = (keep: number) => {
      const { program } = vision({ keep }, 'eval')
      return run(program, withNoise(program))
    }
    expect(outputs(0.25)).toEqual(outputs(1))
  })

  test('what is dropped has no part in the result, and a state of zeros', () => {
    const { program } = vision({ keep: 0.5 })
    const values: Values = { ...withNoise(program), 'key:patch_drop': [3, 4] }
    const before = run(program, values)
    expect(before.valid!.reduce((s, v) => s + v, 0)).toBe(2 * (1 + 2))
    range(2 * 5).forEach(t => {
      const state = before.tokens!.subarray(t * 4, (t + 1) * 4)
      expect(state.some(v => v !== 0)).toBe(before.valid![t] === 1)
    })
    /** Other pixels in the patches that were dropped, or in those that stay. */
    const painted = (stays: number) =>
      Float64Array.from(Array.from(values.image!), (v, p) => {
        const [picture, y, x] = [Math.floor(p / 48), Math.floor(p / 12) % 4, Math.floor(p / 3) % 4]
        const patch = 2 * Math.floor(y / 2) + Math.floor(x / 2)
        return before.valid![5 * picture + 1 + patch] === stays ? 0.9 - v : v
      })
    expect(run(program, { ...values, image: painted(0) })).toEqual(before)
    expect(
      difference(run(program, { ...values, image: painted(1) }).pooled!, before.pooled!),
    ).toBeGreaterThan(1e-4)
  })

  test('gradients through dropping and extra tokens agree with finite differences', () => {
    const build = (m: TestModel) => {
      const made = visionTransformer(m.s, m.input('image', 'f32[2,4,4,3]'), {
        ...VIT,
        keep: 0.5,
        extraTokens: 2,
      })
      const flat = (v: typeof made.pooled, n: number) => m.b.reshape(v, [n])
      return m.b.concatenate([flat(made.tokens, 40), flat(made.pooled, 8), flat(made.extra!, 16)], 0)
    }
    expect(gradientError(build, { 'key:patch_drop': [5, 6] })).toBeLessThan(1e-7)
  })

  test('extra tokens have their own states, are seen by the patches and are no part of the mean', () => {
    const { m, program, made } = vision({ extraTokens: 3 })
    expect(made.extra!.type.shape).toEqual([2, 3, 4])
    expect(made.tokens.type.shape).toEqual([2, 5, 4])
    expect(m.weights.get('extra_tokens')!.shape).toEqual([3, 4])
    const values = withNoise(program)
    const other = { ...values, extra_tokens: noise('others', [3, 4]) }
    expect(difference(run(program, values).pooled!, run(program, other).pooled!)).toBeGreaterThan(1e-4)
  })

  test('without a class token there is a position for each patch, and none to pool', () => {
    const { m, made } = vision({ classToken: false })
    expect(m.weights.has('class_embedding')).toBe(false)
    expect(m.weights.get('positional_embedding')!.shape).toEqual([4, 4])
    expect(made.tokens.type.shape).toEqual([2, 4, 4])
    const half = vision({ classToken: false, keep: 0.5 })
    const { valid } = run(half.program, { ...withNoise(half.program), 'key:patch_drop': [1, 2] })
    expect(valid!.reduce((s, v) => s + v, 0)).toBe(2 * 2)
    expect(() => vision({ classToken: false, pool: 'cls' })).toThrow('pooled by its mean')
  })
})

describe('caption mixer', () => {
  const [rows, columns, count, width, textWidth] = [3, 2, 4, 5, 6]
  const mixed = (options: CaptionMixerOptions, K = count) => {
    const m = new TestModel()
    const logits = captionMixer(
      m.s,
      {
        tokens: m.input('tokens', `f32[${rows},${K},${width}]`),
        valid: m.input('valid', `bool[${rows},${K}]`),
        text: m.input('text', `f32[${columns},${textWidth}]`),
      },
      options,
    )
    const program = m.program({ logits })
    const values = withNoise(program, { valid: new Array(rows * K).fill(1) })
    return { program, values, logits: run(program, values).logits! }
  }
  const row = (x: ArrayLike<number>, i: number, n: number) => Array.from(x).slice(i * n, (i + 1) * n)
  const apply = (w: ArrayLike<number>, x: readonly number[]) =>
    range(w.length / x.length).map(o => row(w, o, x.length).reduce((s, v, k) => s + v * x[k]!, 0))
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((s, v, i) => s + v * y[i]!, 0)
  const unit = (x: readonly number[]) => x.map(v => v / Math.hypot(...x))

  test.each([1, 2])('is the formula in plain float64, with %i heads', heads => {
    const size = 4
    const tau = 0.7
    const { values, logits } = mixed({ size, heads, temperature: tau })
    const w = (name: string) => values[`${name}/weight`]!
    const head = size / heads
    range(rows * columns).forEach(p => {
      const [i, j] = [Math.floor(p / columns), p % columns]
      const t = unit(row(values.text!, j, textWidth)).map(v => v * Math.sqrt(textWidth))
      const q = apply(w('q_proj'), t)
      const h = range(count).map(k => row(values.tokens!, i * count + k, width))
      const z = range(heads).flatMap(a => {
        const part = (x: readonly number[]) => x.slice(a * head, (a + 1) * head)
        const e = h.map(x => Math.exp(dot(part(q), part(apply(w('k_proj'), x))) / tau))
        const total = e.reduce((x, y) => x + y)
        return range(head).map(d =>
          h.reduce((s, x, k) => s + (e[k]! / total) * part(apply(w('v_proj'), x))[d]!, 0),
        )
      })
      const want = dot(unit(apply(w('out_proj'), z)), unit(apply(w('text_proj'), t)))
      expect(logits[p]!).toBeCloseTo(want, 10)
    })
  })

  test('with one token it is the cosine of two linear maps, whatever the text asks for', () => {
    const { values, logits } = mixed({ size: 4, heads: 2 }, 1)
    const w = (name: string) => values[`${name}/weight`]!
    range(rows * columns).forEach(p => {
      const [i, j] = [Math.floor(p / columns), p % columns]
      const image = apply(w('out_proj'), apply(w('v_proj'), row(values.tokens!, i, width)))
      const text = apply(w('text_proj'), row(values.text!, j, textWidth))
      expect(logits[p]!).toBeCloseTo(dot(unit(image), unit(text)), 12)
    })
  })

  test('the length of a text changes nothing, so a prompt ensemble of unit vectors mixes like a state', () => {
    const { program, values, logits } = mixed({ size: 4, heads: 2 })
    const text = Array.from(values.text!, v => v * 0.05)
    expect(difference(run(program, { ...values, text }).logits!, logits)).toBeLessThan(1e-12)
  })

  test('a wrong pair is mixed by its own text: a text changes its column alone', () => {
    const { program, values, logits } = mixed({ size: 4, heads: 1 })
    const text = Float64Array.from(values.text!)
    text.fill(0.3, 0, textWidth)
    const other = run(program, { ...values, text }).logits!
    range(rows).forEach(i => {
      expect(other[i * columns]).not.toBe(logits[i * columns])
      expect(other[i * columns + 1]).toBe(logits[i * columns + 1])
    })
  })

  test('tokens that are not there are not mixed', () => {
    const { program, values } = mixed({ size: 4, heads: 1 })
    const valid = range(rows * count).map(t => Number(t % count < 2))
    const tokens = Float64Array.from(values.tokens!)
    const at = (x: Float64Array) => run(program, { ...values, valid, tokens: x }).logits!
    const before = at(tokens)
    expect(at(tokens.map((v, k) => (Math.floor(k / width) % count < 2 ? v : 9)))).toEqual(before)
  })

  test('gradients agree with finite differences', () => {
    const build = (m: TestModel) => {
      const valid = m.b.fill({ dtype: 'bool', shape: [2, 3] }, 1)
      const [tokens, text] = [m.input('tokens', 'f32[2,3,4]'), m.input('text', 'f32[2,5]')]
      return captionMixer(m.s, { tokens, valid, text }, { size: 4, heads: 2 })
    }
    expect(gradientError(build)).toBeLessThan(1e-8)
  })
})

describe('dropping tokens', () => {
  const LENGTH = 8
  const dropped = (ids: readonly number[], eot: readonly number[], rate: number, seed = 1) => {
    const m = new TestModel()
    const rows = ids.length / LENGTH
    const out = dropTokens(
      m.s,
      { ids: m.input('ids', `s32[${rows},${LENGTH}]`), eot: m.input('eot', `s32[${rows}]`) },
      rate,
    )
    const results = run(m.program({ ...out }), { ids, eot, 'key:drop_tokens': [seed, 3] })
    return { ids: Array.from(results.ids!), eot: Array.from(results.eot!) }
  }
  const TEXT = [90, 11, 12, 13, 14, 91, 0, 0, 90, 21, 22, 23, 24, 25, 26, 91]
  const EOT = [5, 7]

  test('at rate 1 the first and the last token remain, at rate 0 all', () => {
    expect(dropped(TEXT, EOT, 0)).toEqual({ ids: TEXT, eot: EOT })
    // A text without padding is filled up with its end, one with padding with that.
    const ids = [90, 91, 0, 0, 0, 0, 0, 0, 90, 91, 91, 91, 91, 91, 91, 91]
    expect(dropped(TEXT, EOT, 1)).toEqual({ ids, eot: [1, 1] })
  })

  test('what stays keeps its order, and the end moves up behind it', () => {
    const some = range(20).map(seed => dropped(TEXT, EOT, 0.5, seed))
    for (const { ids, eot } of some) {
      range(2).forEach(r => {
        const text = ids.slice(r * LENGTH, r * LENGTH + eot[r]! + 1)
        const source = TEXT.slice(r * LENGTH, r * LENGTH + EOT[r]! + 1)
        expect([text[0], text.at(-1)]).toEqual([90, 91])
        expect(text.slice(1, -1)).toEqual(source.slice(1, -1).filter(t => text.includes(t)))
        const filler = TEXT[r * LENGTH + LENGTH - 1]!
        expect(new Set(ids.slice(r * LENGTH + eot[r]! + 1, (r + 1) * LENGTH)).has(filler)).toBe(
          eot[r]! < LENGTH - 1,
        )
      })
    }
    // 10 inner tokens in 20 draws at ½: 100 ± 28 at four standard deviations.
    const left = some.reduce((n, { eot }) => n + eot[0]! + eot[1]! - 2, 0)
    expect(Math.abs(left - 100)).toBeLessThan(28)
  })
})

describe('text transformer', () => {
  test("SigLIP's form pools the last place, which sees all others both ways", () => {
    const pooled = (ids: readonly number[]) => {
      const m = new TestModel()
      const out = textTransformer(m.s, m.input('ids', 's32[1,4]'), m.input('eot', 's32[1]'), {
        vocab: 9,
        width: 4,
        depth: 1,
        heads: 2,
        causal: false,
        pool: 'last',
      })
      const program = m.program({ ...out })
      return run(program, withNoise(program, { ids, eot: [1] }))
    }
    const a = pooled([1, 2, 3, 3])
    expect(difference(a.pooled!, a.tokens!.subarray(12))).toBe(0)
    expect(difference(a.pooled!, pooled([4, 2, 3, 3]).pooled!)).toBeGreaterThan(1e-6)
  })
})

describe('attention pool', () => {
  test('each query reads by itself, and padding is not read', () => {
    const m = new TestModel()
    const y = attentionPool(m.s, m.input('x', 'f32[2,3,4]'), {
      heads: 2,
      queries: 2,
      valid: m.input('valid', 'bool[2,3]'),
    })
    expect(y.type.shape).toEqual([2, 2, 4])
    const program = m.program({ y })
    const values = withNoise(program, { valid: [1, 1, 0, 1, 1, 1] })
    const x = Float64Array.from(values.x!)
    x.fill(7, 8, 12)
    const [before, after] = [run(program, values).y!, run(program, { ...values, x }).y!]
    expect(after).toEqual(before)
    expect(difference(before.subarray(0, 4), before.subarray(4, 8))).toBeGreaterThan(1e-3)
  })
})

describe('MLP', () => {
  test("has SLIP's weight names, and batch norms between its layers", () => {
    const m = new TestModel()
    mlp(m.s, m.input('x', 'f32[4,3]'), { layers: 3, hidden: 5, size: 2, activation: 'relu', batchNorm: true })
    const bn = (i: number) => ['bias', 'running_mean', 'running_var', 'weight'].map(n => `bn${i}/${n}`)
    const layer = (i: number) => ['bias', 'weight'].map(n => `layer${i}/${n}`)
    expect([...m.weights.keys()].sort()).toEqual([...bn(1), ...bn(2), ...layer(1), ...layer(2), ...layer(3)])
    expect(m.weights.get('layer3/weight')!.shape).toEqual([2, 5])
  })

  test('gradients agree with finite differences, without batch norm and with it', () => {
    for (const batchNorm of [false, true])
      expect(
        gradientError(m =>
          mlp(m.s, m.input('x', 'f32[5,3]'), {
            layers: 2,
            hidden: 4,
            size: 2,
            activation: 'gelu',
            batchNorm,
          }),
        ),
      ).toBeLessThan(1e-7)
  })
})

test('a grey picture has one value in all channels; others stay as they are', () => {
  const m = new TestModel()
  const image = m.input('image', 'f32[64,1,1,3]')
  const program = m.program({ y: randomGrey(m.b, m.input('key', 'u32[2]'), image, 0.5) })
  const values = { image: noise('image', [64, 1, 1, 3]).map(v => (v + 1) / 2), key: [1, 2] }
  const { y } = run(program, values)
  const grey = range(64).filter(i => {
    const after = Array.from(y!.subarray(3 * i, 3 * i + 3))
    if (Math.max(...after) - Math.min(...after) < 1e-12) return true
    expect(difference(after, values.image.subarray(3 * i, 3 * i + 3))).toBeLessThan(1e-12)
    return false
  })
  expect(Math.abs(grey.length - 32)).toBeLessThan(16)
})

test('a blurred picture is its pixels weighted by a Gaussian, the border’s made up; others stay as they are', () => {
  const [rows, side] = [32, 5]
  const m = new TestModel()
  const image = m.input('image', `f32[${rows},${side},${side},1]`)
  const y = randomBlur(m.b, m.input('key', 'u32[2]'), image, 0.5, [0.8, 0.8])
  const values = { image: noise('image', [rows, side, side, 1]), key: [1, 2] }
  const results = run(m.program({ y }), values).y!
  const line = (at: number) => {
    const w = range(side).map(j => Math.exp(-((at - j) ** 2) / (2 * 0.8 ** 2)))
    const total = w.reduce((a, b) => a + b)
    return w.map(v => v / total)
  }
  const blurred = range(rows).filter(r => {
    const given = values.image.subarray(r * side * side, (r + 1) * side * side)
    const got = results.subarray(r * side * side, (r + 1) * side * side)
    if (difference(got, given) < 1e-12) return false
    const want = range(side * side).map(p => {
      const [u, v] = [line(Math.floor(p / side)), line(p % side)]
      return given.reduce((s, x, k) => s + x * u[Math.floor(k / side)]! * v[k % side]!, 0)
    })
    expect(difference(got, want)).toBeLessThan(1e-7)
    return true
  })
  expect(Math.abs(blurred.length - rows / 2)).toBeLessThan(11)
})
