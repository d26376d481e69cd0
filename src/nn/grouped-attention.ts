import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { type AttentionMasks, type AttentionShape, attend } from './attend.ts'
import { linear } from './linear.ts'
import { rmsNorm } from './rms-norm.ts'
import { type RotaryOptions, rotary } from './rotary.ts'
import type { Scope } from './scope.ts'

export interface GroupedAttentionOptions extends AttentionMasks {
  readonly heads: number
  /** Keys and values, each shared by heads / kvHeads heads in a row; as many as heads by default. */
  readonly kvHeads?: number
  /** Width d of a head; D / heads by default. */
  readonly headWidth?: number
  /** What keys and values come from, [..., S, M]; `x` itself by default. */
  readonly memory?: Var
  /** Rotary position embedding of queries and keys, for attention of `x` to itself. */
  readonly rotary?: RotaryOptions
  /** RMS norm of each query and key head before the rotation; its eps, or true for 1e-6. */
  readonly qkNorm?: boolean | { readonly eps: number }
  /** A learned bias of queries, keys and values; false by default. */
  readonly bias?: boolean
  /** A learned bias of the output; as `bias` by default. */
  readonly outBias?: boolean
  /** Standard deviation of the starting `o_proj/weight`; (heads · d)^-½ by default. */
  readonly outStd?: number
}

/**
 * Attention of `x` [..., T, D] to itself or to `memory` [..., S, M] → [..., T, D], with what language models add to
 * it: shared keys, rotary positions, normalised queries and keys.
 *
 * Weights as Hugging Face's Llama and Qwen3: `q_proj/weight` [heads · d, D], `k_proj/weight` and `v_proj/weight`
 * [kvHeads · d, M], `o_proj/weight` [D, heads · d], their `bias`, and `q_norm/weight` and `k_norm/weight` [d].
 *
 * Source: Vaswani et al. 2017 (arXiv 1706.03762), section 3.2; shared keys: Ainslie et al. 2023 (arXiv 2305.13245);
 * normalised queries and keys: Dehghani et al. 2023 (arXiv 2302.05442), section 2, with RMS norm as in Qwen3.
 */
export function groupedAttention(s: Scope, x: Var, options: GroupedAttentionOptions): Var {
  const { query, key, value, shape } = projectHeads(s, x, options)
  return joinHeads(s, attend(s.b, query, key, value, shape, options, s), x, options)
}

/** What attention works on: see `attend`. */
export interface ProjectedHeads {
  /** [B·kvHeads, G·T, d], divided by √d; groups of G = heads / kvHeads share a key. */
  readonly query: Var
  /** [B·kvHeads, S, d]. */
  readonly key: Var
  /** [B·kvHeads, S, d]. */
  readonly value: Var
  readonly shape: AttentionShape
}

/** Queries, keys and values of `groupedAttention`, normalised and rotated where asked. */
export function projectHeads(s: Scope, x: Var, options: GroupedAttentionOptions): ProjectedHeads {
  const { b } = s
  const { heads, kvHeads = heads, memory = x, qkNorm = false, bias = false } = options
  const queries = x.type.shape.at(-2)!
  const keys = memory.type.shape.at(-2)!
  const batch = elementCount(x.type.shape.slice(0, -2))
  refuse(s, x, options)
  const head = headWidth(x, options)
  const group = heads / kvHeads

  const project = (name: string, from: Var, tokens: number, count: number): Var =>
    b.reshape(linear(s.child(name), from, count * head, { bias }), [batch, tokens, count, head])
  const placed = (name: string, v: Var): Var => {
    const norm = qkNorm ? rmsNorm(s.child(name), v, qkNorm === true ? {} : qkNorm) : v
    return options.rotary ? rotary(b, norm, options.rotary) : norm
  }
  const q = placed('q_norm', project('q_proj', x, queries, heads)) // [B, T, heads, d]
  const k = placed('k_norm', project('k_proj', memory, keys, kvHeads)) // [B, S, kvHeads, d]
  const v = project('v_proj', memory, keys, kvHeads) // [B, S, kvHeads, d]

  const split = b.transpose(b.reshape(q, [batch, queries, kvHeads, group, head]), [0, 2, 3, 1, 4])
  const query = b.mul(b.reshape(split, [batch * kvHeads, group * queries, head]), head ** -0.5) // [B·kv, G·T, d]
  const headsFirst = (y: Var): Var => b.reshape(b.transpose(y, [0, 2, 1, 3]), [batch * kvHeads, keys, head]) // [B·kv, S, d]
  return { query, key: headsFirst(k), value: headsFirst(v), shape: [batch, heads, queries, keys] }
}

/** The output map of `groupedAttention`: `mixed` [B·kvHeads, G·T, d] → [..., T, D] of `x`. */
export function joinHeads(s: Scope, mixed: Var, x: Var, options: GroupedAttentionOptions): Var {
  const { b } = s
  const { heads, bias = false } = options
  const [queries, width] = x.type.shape.slice(-2) as [number, number]
  const batch = elementCount(x.type.shape.slice(0, -2))
  const head = headWidth(x, options)
  const joined = b.transpose(b.reshape(mixed, [batch, heads, queries, head]), [0, 2, 1, 3]) // [B, T, heads, d]
  const y = linear(s.child('o_proj'), b.reshape(joined, [batch * queries, heads * head]), width, {
    bias: options.outBias ?? bias,
    std: options.outStd,
  }) // [B·T, D]
  return b.reshape(y, x.type.shape) // [..., T, D]
}

const headWidth = (x: Var, options: GroupedAttentionOptions): number =>
  options.headWidth ?? x.type.shape.at(-1)! / options.heads

/** Says what does not fit together. */
function refuse(s: Scope, x: Var, options: GroupedAttentionOptions): void {
  const { heads, kvHeads = heads, headWidth, memory } = options
  const fault = (message: string): never => {
    throw new BuildError(message, s.b.currentOrigin)
  }
  if (headWidth === undefined && x.type.shape.at(-1)! % heads)
    fault(`${heads} heads don't divide the width of ${showType(x.type)}`)
  if (heads % kvHeads) fault(`${kvHeads} keys can't be shared equally by ${heads} heads`)
  if (!memory) return
  if (elementCount(memory.type.shape.slice(0, -2)) !== elementCount(x.type.shape.slice(0, -2)))
    fault(`${showType(x.type)} attends to ${showType(memory.type)}: their leading axes differ`)
  if (options.rotary)
    fault('a rotary position embedding is of one sequence, here queries and keys come from two')
}
