import type { Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import { relu } from '../../nn/activations.ts'
import { conv2d, convTranspose2d } from '../../nn/conv.ts'
import type { Scope } from '../../nn/scope.ts'
import { vectorQuantiser } from '../../nn/vector-quantiser.ts'
import type { Benchmark } from './contender.ts'
import { randomArray } from './inputs.ts'
import { buildStep } from './model.ts'
import { trainSetup } from './train-contender.ts'

export interface VqvaeSize {
  readonly batch: number
  readonly image: number
  /** Channels in the middle; the outer convolutions have half of them. */
  readonly width: number
  /** Channels inside a residual block. */
  readonly inner: number
  /** Residual blocks on each side. */
  readonly blocks: number
  readonly codes: number
  readonly codeWidth: number
}

/** The sizes of Sonnet's VQ-VAE example; `bench/peers/vqvae.py` has the same numbers. */
export const VQVAE_SIZE: VqvaeSize = {
  batch: 32,
  image: 64,
  width: 128,
  inner: 32,
  blocks: 2,
  codes: 512,
  codeWidth: 64,
}

const BATCHES = 4
const HALF = { kernel: 4, stride: 2, padding: 1 } as const
const SAME = { kernel: 3, padding: 1 } as const

/** x + conv₁(relu(conv₃(relu(x)))), `blocks` times, then relu; [N, H, W, width] → the same. */
function residualStack(s: Scope, x: Var, { blocks, inner, width }: VqvaeSize): Var {
  const { b } = s
  let y = x
  for (let i = 0; i < blocks; i++) {
    const block = s.child(String(i))
    const h = conv2d(block.child('conv1'), relu(b, y), inner, SAME) // [N, H, W, inner]
    y = b.add(y, conv2d(block.child('conv2'), relu(b, h), width, { kernel: 1 })) // [N, H, W, width]
  }
  return relu(b, y)
}

/** [N, H, W, 3] → [N, H/4, W/4, codeWidth]. */
function encode(s: Scope, x: Var, size: VqvaeSize): Var {
  const { b } = s
  const half = relu(b, conv2d(s.child('conv1'), x, size.width / 2, HALF)) // [N, H/2, W/2, width/2]
  const quarter = relu(b, conv2d(s.child('conv2'), half, size.width, HALF)) // [N, H/4, W/4, width]
  const h = conv2d(s.child('conv3'), quarter, size.width, SAME) // [N, H/4, W/4, width]
  return conv2d(s.child('conv4'), residualStack(s.child('blocks'), h, size), size.codeWidth, { kernel: 1 })
}

/** [N, H/4, W/4, codeWidth] → [N, H, W, 3]. */
function decode(s: Scope, z: Var, size: VqvaeSize): Var {
  const { b } = s
  const h = residualStack(s.child('blocks'), conv2d(s.child('conv1'), z, size.width, SAME), size) // [N, H/4, W/4, width]
  const half = relu(b, convTranspose2d(s.child('conv2'), h, size.width / 2, HALF)) // [N, H/2, W/2, width/2]
  return convTranspose2d(s.child('conv3'), half, 3, HALF) // [N, H, W, 3]
}

/**
 * Mean squared error of the picture + codebook loss + ¼ commitment loss.
 * Source: van den Oord et al. 2017 (arXiv 1711.00937), Eq. 3.
 */
function lossOf(s: Scope, pixels: Var, size: VqvaeSize): Var {
  const { b } = s
  const image = b.sub(b.mul(b.convert(pixels, 'f32'), 1 / 255), 0.5) // [N, H, W, 3]
  const z = encode(s.child('encoder'), image, size)
  const { codes, loss } = vectorQuantiser(s.child('quantiser'), z, { size: size.codes })
  const gap = b.sub(decode(s.child('decoder'), codes, size), image)
  return b.add(b.mean(b.mul(gap, gap), [0, 1, 2, 3]), b.div(loss.sum, loss.count))
}

/** A training step of a convolutional VQ-VAE. */
export const vqvaeBenchmark = (size: VqvaeSize): Benchmark => ({
  name: 'vqvae',
  about: `a step of a convolutional VQ-VAE on ${size.image} px pictures, ${size.codes} codes, batch ${size.batch}`,
  unit: 'step',
  calls: 5,
  engines: ['xla'],
  peers: {
    jax: ['vqvae_jax.py'],
    torch_eager: ['vqvae_torch.py', 'eager'],
    torch_compiled: ['vqvae_torch.py', 'compiled'],
  },
  tolerance: 1e-4,
  setUp: () => {
    const pixels = tensor('u8', [size.batch, size.image, size.image, 3])
    const step = buildStep('vqvae_step', { pixels }, (s, given) => lossOf(s, given.pixels, size))
    const batches = Array.from({ length: BATCHES }, (_, i) => [randomArray(pixels, i)])
    return trainSetup(step, batches)
  },
})
