import type { Var } from '../ir/program.ts'
import { putAlong, takeAlong } from './embedding.ts'
import { uniform } from './random.ts'
import type { Scope } from './scope.ts'

export interface PatchDropOptions {
  /** Tokens at the start that always stay, such as a class token. */
  readonly first: number
  /** Share of the other tokens that stay; rounded down, at least one. */
  readonly keep: number
}

export interface KeptPatches {
  /** [B, first + K, D] */
  readonly tokens: Var
  /** bool [B, T], which tokens stayed. */
  readonly valid: Var
  /** Tokens [B, first + K, D] at the places that they had, zeros elsewhere: [B, T, D]. */
  readonly restore: (tokens: Var) => Var
}

/**
 * Keeps a random part of the tokens `x` [B, T, D] of each picture, of one size for all: those with the largest of T
 * random numbers. Only in train mode.
 *
 * Source: Li et al. 2023 (arXiv 2212.00794), section 3; open_clip's PatchDropout.
 */
export function dropPatches(s: Scope, x: Var, { first, keep }: PatchDropOptions): KeptPatches {
  const { b } = s
  const [batch, length] = x.type.shape as [number, number, number]
  const count = keptPatches(length - first, keep)
  const [, picked] = b.topK(uniform(b, s.key('patch_drop'), [batch, length - first]), count, 1) // [B, K]
  const index = first
    ? b.concatenate([b.iota('s32', [batch, first], 1), b.add(picked, first)], 1) // [B, first + K]
    : picked
  const ones = b.fill({ dtype: 'f32', shape: [batch, first + count, 1] }, 1)
  return {
    tokens: takeAlong(b, x, index),
    valid: b.compare('GT', b.reshape(putAlong(b, ones, index, length), [batch, length]), 0),
    restore: tokens => putAlong(b, tokens, index, length),
  }
}

/** How many of `patches` stay. */
export const keptPatches = (patches: number, keep: number): number => Math.max(1, Math.floor(patches * keep))
