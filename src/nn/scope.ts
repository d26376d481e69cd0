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

/** How a state starts: like a weight, or as the state or weight at another path of the same scope. */
export type StateInit = Init | { readonly kind: 'as'; readonly path: string }

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
  /** Stays float32 where the scope computes in bf16: gains and biases of norms, tables, temperatures. */
  readonly precise?: boolean
}

export type Mode = 'train' | 'eval'

/** The float type that layers compute in. Weights, their gradients and the optimizer are float32 in both. */
export type Precision = 'f32' | 'bf16'

/**
 * Where a layer is being built: it hands out the layer's weights by path, so that layers are pure
 * functions and one weight asked for twice is the same weight.
 */
export interface Scope {
  readonly b: Builder
  readonly mode: Mode
  /** The dtype of the weights it hands out, but for precise ones, and of the float values that layers are given. */
  readonly dtype: Precision
  /** A weight of this shape at this path below the scope, in the scope's dtype unless `precise`. */
  weight(path: string, shape: readonly number[], init: Init, options?: WeightOptions): Var
  /**
   * A state f32 of this shape at this path below the scope: no gradient and no optimizer changes it, only `update`.
   * It is saved with the weights, and evaluations read it: the running statistics of a batch norm, a codebook that
   * is a moving average.
   */
  state(path: string, shape: readonly number[], init: StateInit): Var
  /**
   * What the states at these paths are after this step, from what they were. It happens once a step, after the
   * gradients; where several nodes update one state, each takes what the one before it left, in the graph's
   * canonical order. `next` may read any value of this step. An evaluation leaves states alone.
   */
  update(paths: readonly string[], next: (old: readonly Var[]) => readonly Var[]): void
  /** The weight of this full name, `node-id/path`, float32; throws where nothing staged before asked for it. */
  named(name: string): Var
  /** The same scope one level deeper: `child('blocks/0').weight('attn/qkv/weight', …)`. */
  child(path: string): Scope
  /** A Threefry key u32[2], a pure function of (seed, train id, node path, step, name); only in train mode. */
  key(name: string): Var
  /**
   * A part of a network, such as a residual block, that reverse mode may compute again instead of keeping its
   * inner values, where the stage trades time for memory. `build` must use the scope it is given.
   */
  block(build: (s: Scope) => Var): Var
  /**
   * Offers an inner value that is on no wire, such as attention maps, to people who watch: `axes` name its axes.
   * `make` is called only where someone asked for it, so a program that nobody watches is the same without it.
   */
  watch(name: string, axes: readonly string[], make: () => Var): void
}
