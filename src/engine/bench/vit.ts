import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import { linear } from '../../nn/linear.ts'
import type { Scope } from '../../nn/scope.ts'
import { logSoftmax } from '../../nn/softmax.ts'
import { visionTransformer } from '../../nn/vit.ts'
import { CallContender } from './call-contender.ts'
import type { Benchmark } from './contender.ts'
import { inputArrays, parametersOf, randomArray, startingWeights } from './inputs.ts'
import { buildForward, buildStep } from './model.ts'
import { trainSetup } from './train-contender.ts'

export interface VitSize {
  readonly batch: number
  readonly image: number
  readonly patch: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly classes: number
}

/** ViT-B/16 of Dosovitskiy et al. 2021 (arXiv 2010.11929); `bench/peers/vit.py` has the same numbers. */
export const VIT_SIZE: VitSize = {
  batch: 8,
  image: 224,
  patch: 16,
  width: 768,
  depth: 12,
  heads: 12,
  classes: 1000,
}

const BATCHES = 2

const typesOf = (size: VitSize) => ({
  pixels: tensor('u8', [size.batch, size.image, size.image, 3]),
  labels: tensor('s32', [size.batch]),
})

/** u8[B, H, W, 3] → logits [B, classes]. */
function logitsOf(s: Scope, pixels: Var, size: VitSize): Var {
  const image = s.b.mul(s.b.convert(pixels, 'f32'), 1 / 255) // [B, H, W, 3]
  const { pooled } = visionTransformer(s.child('vit'), image, {
    ...size,
    pool: 'cls',
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  }) // [B, D]
  return linear(s.child('head'), pooled, size.classes) // [B, classes]
}

/** Mean over the rows of -log softmax(logits)[label]. */
function crossEntropy(b: Builder, logits: Var, labels: Var): Var {
  const [rows, classes] = logits.type.shape as [number, number]
  const chosen = b.compare('EQ', b.iota('s32', [rows, classes], 1), b.reshape(labels, [rows, 1])) // [B, classes]
  return b.mul(b.sum(b.select(chosen, logSoftmax(b, logits), 0), [0, 1]), -1 / rows)
}

const batchesOf = (size: VitSize) => {
  const { pixels, labels } = typesOf(size)
  return Array.from({ length: BATCHES }, (_, i) => [
    randomArray(pixels, i),
    randomArray(labels, BATCHES + i, bits => bits % size.classes),
  ])
}

const about = (what: string, { depth, width, image, batch }: VitSize): string =>
  `${what} of a ViT of ${depth} layers, ${width} wide, on ${image} px pictures, batch ${batch}`

const peers = (mode: 'forward' | 'step') =>
  ({
    jax: ['vit_jax.py', mode],
    torch_eager: ['vit_torch.py', mode, 'eager'],
    torch_compiled: ['vit_torch.py', mode, 'compiled'],
  }) as const

/** The logits of a batch. */
export const vitForwardBenchmark = (size: VitSize): Benchmark => ({
  name: 'vit-forward',
  about: about('the forward pass', size),
  unit: 'batch',
  calls: 3,
  engines: ['xla'],
  peers: peers('forward'),
  tolerance: 1e-4,
  setUp: () => {
    const { pixels } = typesOf(size)
    const { program, weights } = buildForward('vit_forward', { pixels }, (s, given) => {
      const logits = logitsOf(s, given.pixels, size)
      return { logits, spread: s.b.sqrt(s.b.mean(s.b.mul(logits, logits), [0, 1])) }
    })
    const values = startingWeights(weights)
    const input = batchesOf(size)[0]!.slice(0, 1)
    return {
      arrays: new Map([...values, ...inputArrays(['pixels'], [input])]),
      parameters: parametersOf(weights),
      start: (backend, context) =>
        CallContender.start(program, [...values.values(), ...input], backend, context),
    }
  },
})

/** A training step of classification. */
export const vitStepBenchmark = (size: VitSize): Benchmark => ({
  name: 'vit-step',
  about: about('a training step', size),
  unit: 'step',
  calls: 2,
  engines: ['xla'],
  peers: peers('step'),
  tolerance: 1e-4,
  setUp: () => {
    const step = buildStep('vit_step', typesOf(size), (s, { pixels, labels }) =>
      crossEntropy(s.b, logitsOf(s, pixels, size), labels),
    )
    return trainSetup(step, batchesOf(size))
  },
})
