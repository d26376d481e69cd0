import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/** How a weight starts. Values come from Threefry, keyed by (seed, weight path), the same on every backend. */
export type Init =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'constant'; readonly value: number }
  /** Normal with mean 0. */
  | { readonly kind: 'normal'; readonly std: number }
  /** Uniform in [-bound, bound). */
  | { readonly kind: 'uniform'; readonly bound: number }

/** What the optimizer step does to a weight after its update, so that it never leaves its range. */
export interface Constraint {
  readonly kind: 'clamp'
  readonly min: number
  readonly max: number
}

export interface WeightOptions {
  readonly constraint?: Constraint
  /** Whether weight decay applies; without it the optimizer's rule decides (see `decays`). */
  readonly decay?: boolean
}

export type Mode = 'train' | 'eval'

/**
 * Where a layer is being built: it hands out the layer's weights by path, so that layers are pure
 * functions and one weight asked for twice is the same weight.
 */
export interface Scope {
  readonly b: Builder
  readonly mode: Mode
  /** A float weight of this shape at this path below the scope. */
  weight(path: string, shape: readonly number[], init: Init, options?: WeightOptions): Var
  /** The same scope one level deeper: `child('blocks/0').weight('attn/qkv/weight', …)`. */
  child(path: string): Scope
  /** A Threefry key u32[2], a pure function of (seed, train id, node path, step, name); only in train mode. */
  key(name: string): Var
}
