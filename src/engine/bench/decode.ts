import type { Var } from '../../ir/program.ts'
import { type TensorType, tensor } from '../../ir/types.ts'
import { cachedAttention, cacheShape, type KeyValueCache } from '../../nn/cached-attention.ts'
import { embedding } from '../../nn/embedding.ts'
import { linear } from '../../nn/linear.ts'
import { rmsNorm } from '../../nn/rms-norm.ts'
import type { Scope } from '../../nn/scope.ts'
import { swiGlu } from '../../nn/swiglu.ts'
import type { Benchmark } from './contender.ts'
import { DecodeContender } from './decode-contender.ts'
import { parametersOf, startingWeights } from './inputs.ts'
import { type BuiltModel, buildForward } from './model.ts'

export interface DecodeSize {
  readonly tokens: number
  /** Tokens that the device makes between two looks of the host. */
  readonly chunk: number
  readonly vocabulary: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly hidden: number
}

/** A chunk's program, and the types of its caches. */
export interface DecodeChunk extends BuiltModel {
  readonly cacheTypes: readonly TensorType[]
}

/** A small model of Llama's form; `bench/peers/decode.py` has the same numbers. */
export const DECODE_SIZE: DecodeSize = {
  tokens: 256,
  chunk: 64,
  vocabulary: 8192,
  width: 512,
  depth: 6,
  heads: 8,
  hidden: 1536,
}

/** One token in, the next one out: `token` s32[] at place `at` s32[] → s32[], and the caches with its keys. */
function nextToken(s: Scope, token: Var, at: Var, caches: readonly KeyValueCache[], size: DecodeSize) {
  const { b } = s
  const { width, heads, hidden } = size
  const vocab = { vocab: size.vocabulary, width }
  let x = b.reshape(embedding(s.child('embed_tokens'), b.reshape(token, [1]), vocab), [1, 1, width]) // [1, 1, D]
  const next = caches.map((cache, i) => {
    const layer = s.child(`layers/${i}`)
    const h = rmsNorm(layer.child('input_layernorm'), x)
    const attended = cachedAttention(layer.child('self_attn'), h, { heads, rotary: {} }, cache, at)
    const z = b.add(x, attended.output)
    x = b.add(z, swiGlu(layer.child('mlp'), rmsNorm(layer.child('post_attention_layernorm'), z), { hidden }))
    return attended.cache
  })
  const logits = linear(s.child('lm_head'), rmsNorm(s.child('norm'), x), size.vocabulary, { bias: false }) // [1, 1, V]
  return { token: b.reshape(b.argmax(logits, 2), []), caches: next }
}

/**
 * A chunk of greedy decoding as one loop on the device: weights, `token`, `at` and the caches → `token`, `at` and the
 * caches after it, and the tokens s32[chunk].
 */
function buildChunk(size: DecodeSize): DecodeChunk {
  const shape = cacheShape([1], size.tokens, { kvHeads: size.heads, headWidth: size.width / size.heads })
  const names = Array.from({ length: size.depth }, (_, i) => [`keys/${i}`, `values/${i}`]).flat()
  const type = tensor('f32', shape)
  const inputs: Record<string, TensorType> = { token: tensor('s32', []), at: tensor('s32', []) }
  for (const name of names) inputs[name] = type
  const model = buildForward('decode', inputs, (s, given) => {
    const start = [given.token!, given.at!, ...names.map(name => given[name]!)]
    const { carry, ys } = s.b.scan(
      start,
      [],
      (b, [token, at, ...kept]) => {
        const caches = Array.from({ length: size.depth }, (_, i) => ({
          keys: kept[2 * i]!,
          values: kept[2 * i + 1]!,
        }))
        const next = nextToken(inside(s, b), token!, at!, caches, size)
        return {
          carry: [next.token, b.add(at!, 1), ...next.caches.flatMap(c => [c.keys, c.values])],
          ys: [next.token],
        }
      },
      { length: size.chunk },
    )
    const results = Object.fromEntries(['token', 'at', ...names].map((name, i) => [name, carry[i]!]))
    return { ...results, tokens: ys[0]! }
  })
  return { ...model, cacheTypes: names.map(() => type) }
}

/** The scope within a loop: weights stay those of outside. */
const inside = (s: Scope, b: Scope['b']): Scope => ({ ...s, b, child: path => inside(s.child(path), b) })

/** Greedy decoding with a key and value cache. */
export const decodeBenchmark = (size: DecodeSize): Benchmark => ({
  name: 'decode',
  about: `${size.tokens} greedy tokens of a causal transformer of ${size.depth} layers, ${size.width} wide, batch 1`,
  unit: `${size.tokens} tokens`,
  calls: 2,
  engines: ['xla'],
  peers: {
    jax: ['decode_jax.py'],
    torch_eager: ['decode_torch.py', 'eager'],
    torch_compiled: ['decode_torch.py', 'compiled'],
  },
  tolerance: 0,
  setUp: () => {
    const chunk = buildChunk(size)
    const values = startingWeights(chunk.weights)
    return {
      arrays: values,
      parameters: parametersOf(chunk.weights),
      start: (backend, context) => DecodeContender.start(size, chunk, [...values.values()], backend, context),
    }
  },
})
