import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import type { Scope, StateInit, WeightOptions } from '../../nn/scope.ts'
import type { CheckedNode } from '../check.ts'
import { GraphFault, suggest } from '../diagnostic.ts'
import type { Wire } from '../document.ts'
import type { WeightParams } from '../kit.ts'
import { matchesPattern } from '../pattern.ts'
import type { GraphNodes } from '../slice.ts'
import { dtypeOf } from './precision.ts'
import type { StageOptions } from './stage.ts'
import type { WeightInputs, WeightSpec } from './weights.ts'

/** What a stage gives to the scopes of its nodes. */
export interface ScopeContext {
  readonly graph: GraphNodes
  readonly weights: WeightInputs
  readonly options: StageOptions
  /** The wire of weights over which the stage is closed, and the node that closes it. */
  readonly bound?: { readonly node: string; readonly wire: Wire }
}

/**
 * The scope in which a node is built. Its weights live at `node-id/path`, or at the path of the node that it shares
 * them with; those of a moving average stand beside the weights that they follow.
 */
export function nodeScope(context: ScopeContext, builder: Builder, node: CheckedNode): Scope {
  const { graph, weights, options, bound } = context
  const own: WeightParams = node.params
  const { updates } = options
  const dtype = dtypeOf(node, options.precision)

  /** The node whose weight at `path` this one uses. */
  const ownerOf = (path: string): string =>
    own.sharedWith && matchesPattern(own.sharePattern ?? '*', path) ? own.sharedWith.$node : node.id
  const fullName = (path: string): string => `${ownerOf(path)}/${path}`
  const inputName = (name: string): string => (bound ? `${bound.node}/${name}` : name)
  const input = (spec: WeightSpec): Var =>
    weights.get(
      bound
        ? {
            name: inputName(spec.name),
            shape: spec.shape,
            init: spec.init,
            trainable: false,
            role: 'bound',
            bound: { wire: bound.wire, name: spec.name },
          }
        : spec,
    )

  const weight = (path: string, spec: Omit<WeightSpec, 'name' | 'role' | 'trainable'>): Var => {
    const owner = ownerOf(path)
    const name = `${owner}/${path}`
    const { averageOf, averageDecay } = (graph.nodes.get(owner)?.params ?? {}) as WeightParams
    if (averageOf) {
      const startsAs = `${averageOf.$node}/${path}`
      // It follows that weight, also where no loss reads it.
      if (options.mode === 'train' && !bound)
        weights.get({ ...spec, name: startsAs, role: 'weight', trainable: false })
      return input({ ...spec, name, role: 'average', trainable: false, startsAs, averageDecay })
    }
    const trainable = own.trainable !== false && !own.constWeights
    return input({ ...spec, name, role: 'weight', trainable })
  }

  const state = (prefix: string, path: string, shape: readonly number[], init: StateInit): Var => {
    const name = fullName(prefix + path)
    const common = { name, shape, role: 'state', trainable: false } as const
    if (init.kind !== 'as') return input({ ...common, init })
    const startsAs = fullName(prefix + init.path)
    return input({ ...common, init: weights.specs.get(inputName(startsAs))!.init, startsAs })
  }

  /** `emit` takes updates of state. */
  const at = (b: Builder, prefix: string, emit: Scope['update']): Scope => ({
    b,
    mode: options.mode,
    dtype,
    weight: (path, shape, init, { precise, ...given }: WeightOptions = {}) => {
      const value = weight(`${prefix}${path}`, { shape, init, ...given })
      const used = precise ? value : b.convert(value, dtype)
      return own.constWeights ? b.stopGradient(used) : used
    },
    state: (path, shape, init) => state(prefix, path, shape, init),
    update: (paths, next) =>
      emit(
        paths.map(path => prefix + path),
        next,
      ),
    named: name => {
      if (options.cuts && options.mode === 'train')
        throw new GraphFault(
          'DT052',
          `"${node.id}" reads "${name}" over the whole batch, accumulation only over parts`,
          {
            field: 'params.accumulate',
            hint: 'Set accumulate to 1.',
          },
        )
      if (weights.specs.has(inputName(name))) return weights.value(inputName(name))
      throw new GraphFault('DT052', `the loss uses no weight "${name}"`, {
        hint: suggest(name, [...weights.specs.keys()]),
      })
    },
    child: path => at(b, `${prefix}${path}/`, emit),
    key: name => {
      const { key, foldName } = options
      if (!key || !foldName) throw new Error('random keys exist only while training')
      return foldName(key, `${node.id}/${prefix}${name}`)
    },
    watch: (name, axes, make) => {
      // Inside a region, or over weights of another wire, nobody outside can see it.
      if (b === builder && !bound) options.offered?.({ node: node.id, path: `${prefix}${name}`, axes, make })
    },
    block: build => {
      if (!options.gradientCheckpointing) return build(at(b, prefix, emit))
      let updating = false
      const [y] = b.remat(c => [
        build(
          at(c, prefix, () => {
            updating = true
          }),
        ),
      ])
      // An update reads values that would be gone with the block, so such a block is kept as it is.
      return updating ? build(at(b, prefix, emit)) : y!
    },
  })
  return at(builder, '', (paths, next) => {
    if (!updates || options.mode === 'eval' || own.constWeights) return
    updates.record({ node: node.id, names: paths.map(fullName), next })
  })
}
