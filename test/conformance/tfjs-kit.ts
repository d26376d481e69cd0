import { homedir } from 'node:os'
import { join } from 'node:path'
import { findBinding, type TfjsKind } from '../../src/runtime/tfjs/load.ts'

export const cacheDir =
  process.env.DIPTYCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'diptych')

/** What TensorFlow.js can compute with on this machine, or why not. */
export const tfjsKinds: readonly (readonly [TfjsKind, missing?: string])[] = [
  ['wasm'],
  ['cpu'],
  findBinding('node', cacheDir)
    ? ['node']
    : ['node', 'no @tensorflow/tfjs-node; "npm run setup:tfjs-node" sets it up'],
]

/** Entries whose gradients are wider apart in float32 than the tables ask, by name: how far, and why. */
export const WIDER: Readonly<Record<string, readonly [tol: number, why: string]>> = {
  'scan in a scan, reading from both outer levels': [
    1e-4,
    'it adds up 1 - tanh² close to 0, where the last bit of a tanh is worth 1000',
  ],
  'pad 6: bf16[2,3], bf16[]': [0.01, 'the gradient of its value is a difference of two sums, each in bf16'],
}
