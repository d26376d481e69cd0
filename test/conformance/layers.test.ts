import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { isFloat } from '../../src/ir/types.ts'
import { attentionPool } from '../../src/nn/attention-pool.ts'
import { randomBlur, randomGrey } from '../../src/nn/augment.ts'
import { captionMixer } from '../../src/nn/caption-mixer.ts'
import { updateCodebook } from '../../src/nn/codebook-ema.ts'
import { dropout } from '../../src/nn/dropout.ts'
import { groupedAttention } from '../../src/nn/grouped-attention.ts'
import { averageDecay, movingAverage } from '../../src/nn/moving-average.ts'
import { noiseContrastive } from '../../src/nn/nce.ts'
import { ntXent } from '../../src/nn/nt-xent.ts'
import { type OptimizerValue, optimizerOf } from '../../src/nn/optimizers/index.ts'
import { rmsNorm } from '../../src/nn/rms-norm.ts'
import { learningRate } from '../../src/nn/schedules.ts'
import { sigmoidPairs } from '../../src/nn/sigmoid-pairs.ts'
import { swiGlu } from '../../src/nn/swiglu.ts'
import { dropTokens } from '../../src/nn/token-drop.ts'
import { vectorQuantiser } from '../../src/nn/vector-quantiser.ts'
import { visionTransformer } from '../../src/nn/vit.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { hostArray, view } from '../../src/runtime/host-array.ts'
import { createTfjsBackend } from '../../src/runtime/tfjs/backend.ts'
import { difference, run, TestModel, type Values, withNoise } from '../nn/scope.ts'
import { openXla, xlaPlugin } from './plugin.ts'

type Outputs = Readonly<Record<string, Var>>

/** The results, and the gradient of their squares with respect to all float inputs and weights. */
function withGradients(m: TestModel, outputs: Outputs): Outputs {
  const { b } = m
  const squares = Object.values(outputs)
    .filter(v => isFloat(v.type.dtype))
    .map(v =>
      b.sum(
        b.mul(v, v),
        v.type.shape.map((_, i) => i),
      ),
    )
  const wrt = b.finish('inputs').inputs.filter(i => isFloat(i.value.type.dtype))
  const grads = gradient(
    b,
    squares.reduce((x, y) => b.add(x, y)),
    wrt.map(i => i.value),
  )
  return { ...outputs, ...Object.fromEntries(grads.map((g, i) => [`gradient of ${wrt[i]!.name}`, g])) }
}

/** One step of an optimizer with its schedule. */
function step(m: TestModel, value: OptimizerValue): Outputs {
  const at = m.input('step', 's32[]')
  const { state, update } = optimizerOf(value)
  const slots = Object.keys(state([5], value)).map(slot => [slot, m.input(slot, 'f32[5]')])
  const next = update(m.b, value, {
    param: m.input('param', 'f32[5]'),
    grad: m.input('grad', 'f32[5]'),
    state: Object.fromEntries(slots),
    step: at,
    lr: learningRate(m.b, at, value.schedule),
    decay: true,
  })
  return { param: next.param, ...next.state }
}

const SCHEDULE = { base: 0.1, warmupSteps: 3, totalSteps: 20 }

const LAYERS: readonly (readonly [string, (m: TestModel) => Outputs, Values?])[] = [
  [
    "a language model's attention",
    m =>
      withGradients(m, {
        y: groupedAttention(m.s, m.input('x', 'f32[2,5,8]'), {
          heads: 4,
          kvHeads: 2,
          qkNorm: true,
          rotary: {},
          causal: true,
          bias: true,
        }),
      }),
  ],
  [
    'attention to a memory',
    m =>
      withGradients(m, {
        y: groupedAttention(m.s, m.input('x', 'f32[2,3,8]'), {
          heads: 2,
          memory: m.input('memory', 'f32[2,4,6]'),
          valid: m.input('valid', 'bool[2,4]'),
        }),
      }),
    { valid: [1, 1, 0, 1, 0, 1, 1, 0] },
  ],
  ['RMS norm', m => withGradients(m, { y: rmsNorm(m.s, m.input('x', 'f32[3,8]')) })],
  ['SwiGLU', m => withGradients(m, { y: swiGlu(m.s, m.input('x', 'f32[3,8]'), { hidden: 12 }) })],
  [
    'the attention pool',
    m =>
      withGradients(m, {
        y: attentionPool(m.s, m.input('x', 'f32[2,3,8]'), {
          heads: 2,
          queries: 2,
          valid: m.input('valid', 'bool[2,3]'),
        }),
      }),
    { valid: [1, 1, 0, 1, 0, 1] },
  ],
  [
    'the caption mixer',
    m => {
      const [tokens, text] = [m.input('tokens', 'f32[2,3,4]'), m.input('text', 'f32[3,5]')]
      const valid = m.input('valid', 'bool[2,3]')
      return withGradients(m, { y: captionMixer(m.s, { tokens, valid, text }, { size: 4, heads: 2 }) })
    },
    { valid: [1, 1, 1, 1, 0, 1] },
  ],
  [
    'a vision transformer that drops patches and has extra tokens',
    m => {
      const normal = { mean: [0.5, 0.5, 0.5], std: [0.3, 0.3, 0.3] }
      const size = { patch: 2, width: 8, depth: 1, heads: 2 }
      const options = { ...size, ...normal, pool: 'mean', keep: 0.5, extraTokens: 2 } as const
      const made = visionTransformer(m.s, m.input('image', 'f32[2,4,4,3]'), options)
      // Squares of states that no norm has bounded would measure rounding alone.
      return withGradients(m, { ...made, tokens: m.b.mul(made.tokens, 0.1) })
    },
    { 'key:patch_drop': [7, 8] },
  ],
  [
    'dropping tokens',
    m => ({ ...dropTokens(m.s, { ids: m.input('ids', 's32[2,6]'), eot: m.input('eot', 's32[2]') }, 0.5) }),
    { ids: [1, 5, 6, 7, 2, 0, 1, 8, 9, 2, 0, 0], eot: [4, 3], 'key:drop_tokens': [7, 8] },
  ],
  [
    'NT-Xent',
    m => withGradients(m, { sum: ntXent(m.b, m.input('a', 'f32[4,6]'), m.input('b', 'f32[4,6]'), 0.1).sum }),
  ],
  [
    "SigLIP's loss",
    m => withGradients(m, { sum: sigmoidPairs(m.b, m.b.mul(m.input('logits', 'f32[4,4]'), 10)).sum }),
  ],
  [
    'binary NCE',
    m => {
      const rows = (name: string, n: number) => ({
        scores: m.input(name, `f32[${n}]`),
        logNoise: m.input(`${name} q`, `f32[${n}]`),
      })
      return withGradients(m, { sum: noiseContrastive(m.b, rows('data', 3), rows('noise', 6)).sum })
    },
  ],
  [
    'random grey and blur',
    m => {
      const [image, key] = [m.input('image', 'f32[8,6,6,3]'), m.input('key', 'u32[2]')]
      return { y: randomBlur(m.b, key, randomGrey(m.b, key, image, 0.5), 0.5, [0.3, 1]) }
    },
    { key: [7, 8] },
  ],
  [
    'dropout',
    m => withGradients(m, { y: dropout(m.s, m.input('x', 'f32[100]'), 0.4) }),
    { 'key:dropout': [7, 8] },
  ],
  [
    'the vector quantiser',
    m => {
      const { codes, indices, loss } = vectorQuantiser(m.s, m.input('z', 'f32[2,6,4]'), { size: 7 })
      return withGradients(m, { codes, indices, loss: loss.sum })
    },
  ],
  [
    'a moving-average codebook',
    m => {
      const [z, indices] = [m.input('z', 'f32[6,2]'), m.input('indices', 's32[6]')]
      const state = {
        counts: m.input('counts', 'f32[4]'),
        sums: m.input('sums', 'f32[4,2]'),
        codes: m.input('codes', 'f32[4,2]'),
      }
      const restart = { below: 0.5, key: m.input('key', 'u32[2]') }
      return { ...updateCodebook(m.b, state, z, indices, { decay: 0.9, restart }) }
    },
    { indices: [0, 0, 3, 1, 3, 3], counts: [2, 0.3, 0.1, 1], key: [5, 6] },
  ],
  [
    'Lion, inverse square root',
    m =>
      step(m, {
        kind: 'lion',
        schedule: { ...SCHEDULE, kind: 'inverse_sqrt' },
        beta1: 0.9,
        beta2: 0.99,
        weightDecay: 0.3,
      }),
    { step: [6] },
  ],
  [
    'SGD, warm-up, stable, decay',
    m =>
      step(m, {
        kind: 'sgd',
        schedule: { ...SCHEDULE, kind: 'warmup_stable_decay', decaySteps: 8, final: 0.01 },
        momentum: 0.9,
        nesterov: true,
        weightDecay: 0.3,
      }),
    { step: [15] },
  ],
  [
    'the moving average of weights',
    m => {
      const kept = averageDecay(m.b, m.input('step', 's32[]'), 0.9)
      return { y: movingAverage(m.b, m.input('average', 'f32[5]'), m.input('value', 'f32[5]'), kept) }
    },
    { step: [4] },
  ],
]

const plugin = xlaPlugin()
const ENGINES: readonly (readonly [string, (() => Promise<Backend>) | { readonly missing: string }])[] = [
  ['XLA', 'missing' in plugin ? plugin : () => openXla(plugin.path)],
  ['TensorFlow.js', () => createTfjsBackend({ kind: 'wasm' })],
]

for (const [engine, open] of ENGINES) {
  if (typeof open !== 'function') {
    it.skip(`layers on ${engine} (skipped: ${open.missing})`, () => {})
    continue
  }
  describe(`layers and optimizers on ${engine} are those of the reference`, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(() => backend.close())

    it.each(LAYERS.map(l => [l[0], l] as const))('%s', async (_, [, build, given]) => {
      const m = new TestModel()
      const program = m.program(build(m))
      // Noise is rounded to what the device holds, so that both sides start from the same numbers.
      const noise = Object.entries(withNoise(program, given)).map(([name, v]) => [
        name,
        Float64Array.from(v, Math.fround),
      ])
      const values: Values = { ...Object.fromEntries(noise), ...given }
      const expected = run(program, values)
      const executable = await backend.compile(program)
      const args = program.inputs.map(i => backend.upload(hostArray(i.value.type, values[i.name]!)))
      try {
        const results = await executable.run(args)
        for (const [i, result] of results.entries()) {
          const { name } = program.outputs[i]!
          const got = Float64Array.from(view(await result.toHost()), Number)
          result.free()
          expect([name, difference(got, expected[name]!) < 2e-5]).toEqual([name, true])
        }
      } finally {
        for (const a of args) a.free()
        executable.free()
      }
    })
  })
}
