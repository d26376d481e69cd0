import * as ops from '../ops/index.ts'
import { type Equation, liveEquations, type Region, type Var } from '../program.ts'
import { isFloat, showType, type TensorType, tensor } from '../types.ts'
import { BuildError } from './base.ts'
import { ElementwiseBuilder } from './elementwise.ts'

type Vars = readonly Var[]

/** A region being built: what it captured is not yet among its parameters. */
interface Open {
  readonly region: Region
  /** Outer values to the parameters that stand for them. */
  readonly captures: ReadonlyMap<Var, Var>
  readonly parameter: (type: TensorType) => Var
}

export interface ScanOptions {
  /** The number of steps; needed where there are no xs. */
  readonly length?: number
  /** Goes from the last slice to the first; ys stand at the places of their xs. */
  readonly reverse?: boolean
  /** Reverse mode computes each step again from its carries instead of keeping its inner values. */
  readonly remat?: boolean
}

/** What the author of a gradient rule may use: one cotangent for each result, null for one that is no float. */
export interface BackwardArgs {
  readonly args: Vars
  readonly outs: Vars
  readonly saved: Vars
  readonly cts: readonly (Var | null)[]
}

/**
 * Control flow. Each callback gets a builder of its own and must build with it; it may read values of the
 * builders around it, which become operands by themselves.
 */
export class ControlBuilder extends ElementwiseBuilder {
  /** While `cond` gives a true bool[], replaces the carries by the results of `body`; gives the last ones. */
  while(init: Vars, cond: (b: this, carry: Vars) => Var, body: (b: this, carry: Vars) => Vars): Vars {
    const types = init.map(v => v.type)
    const opens = [this.open('cond', types, (b, c) => [cond(b, c)]), this.open('body', types, body)]
    const { regions, captured } = close(opens)
    return this.applyRegions(ops.whileLoop, [...init, ...captured], { carries: init.length }, regions)
  }

  /**
   * Steps along the first axis of `xs`: `body` takes the carries and one slice of each x, and gives the next
   * carries and a slice of each y. Gives the last carries and the stacked ys.
   */
  scan(
    init: Vars,
    xs: Vars,
    body: (b: this, carry: Vars, x: Vars) => { readonly carry: Vars; readonly ys?: Vars },
    { length = xs[0]?.type.shape[0], reverse = false, remat = false }: ScanOptions = {},
  ): { readonly carry: Vars; readonly ys: Vars } {
    const flat = xs.find(x => x.type.shape.length === 0)
    if (flat || length === undefined)
      throw new BuildError(
        flat
          ? `a scan has no axis to go along in ${showType(flat.type)}`
          : 'a scan without xs needs a length',
        this.currentOrigin,
      )
    const n = init.length
    const slices = xs.map(x => tensor(x.type.dtype, x.type.shape.slice(1)))
    const open = this.open('body', [...init.map(v => v.type), ...slices], (b, params) => {
      const { carry, ys = [] } = body(b, params.slice(0, n), params.slice(n))
      if (carry.length !== n)
        throw new BuildError(`the body of a scan gives ${carry.length} of ${n} carries`, this.currentOrigin)
      return [...carry, ...ys]
    })
    const { regions, captured } = close([open])
    const params = { carries: n, xs: xs.length, length, reverse, remat }
    const outs = this.applyRegions(ops.scan, [...init, ...xs, ...captured], params, regions)
    return { carry: outs.slice(0, n), ys: outs.slice(n) }
  }

  /** The results of `then` where the bool[] is true, else those of `otherwise`; only one of them runs. */
  cond(condition: Var, then: (b: this) => Vars, otherwise: (b: this) => Vars): Vars {
    const { regions, captured } = close([this.open('then', [], then), this.open('else', [], otherwise)])
    return this.applyRegions(ops.cond, [condition, ...captured], {}, regions)
  }

  /**
   * A computation with its author's own gradient rule: `backward` gives a cotangent for each argument, or
   * null for one that gets none. `forward` may save values for it beside its results.
   */
  customVjp(
    args: Vars,
    forward: (b: this, args: Vars) => { readonly outs: Vars; readonly saved?: Vars },
    backward: (b: this, given: BackwardArgs) => readonly (Var | null)[],
  ): Vars {
    const types = args.map(v => v.type)
    let count = 0
    const open = this.open('forward', types, (b, params) => {
      const { outs, saved = [] } = forward(b, params)
      count = outs.length
      return [...outs, ...saved]
    })
    const results = open.region.results.map(v => v.type)
    const cts = results.slice(0, count).map(t => (isFloat(t.dtype) ? t : null))
    const grads: number[] = []
    const back = this.open(
      'backward',
      [...types, ...results, ...cts.filter(t => t !== null)],
      (b, params) => {
        const rest = params.slice(args.length)
        const given = rest.slice(results.length)
        const found = backward(b, {
          args: params.slice(0, args.length),
          outs: rest.slice(0, count),
          saved: rest.slice(count, results.length),
          cts: cts.map(t => (t ? given.shift()! : null)),
        })
        if (found.length !== args.length)
          throw new BuildError(
            `the backward of a custom_vjp gives ${found.length} cotangents for ${args.length} arguments`,
            this.currentOrigin,
          )
        return found.filter((v, i) => v && grads.push(i)) as Var[]
      },
    )
    const { regions, captured } = close([open, back])
    const params = { args: args.length, outs: count, grads }
    return this.applyRegions(ops.customVjp, [...args, ...captured], params, regions).slice(0, count)
  }

  /** Computes what `body` gives; reverse mode computes it again instead of keeping its inner values. */
  remat(body: (b: this) => Vars): Vars {
    const { regions, captured } = close([this.open('body', [], body)])
    return this.applyRegions(ops.remat, captured, { again: false }, regions)
  }

  private open(name: string, types: readonly TensorType[], build: (b: this, params: Vars) => Vars): Open {
    const b = this.child()
    const params = types.map(t => b.parameter(t))
    const results = build(b, params).map(v => b.local(v))
    const equations = liveEquations(b.equations, results)
    return {
      region: { name, params, equations, results },
      captures: b.captures,
      parameter: t => b.parameter(t),
    }
  }
}

/** Makes what the regions of one equation read from outside their last parameters, the same for all. */
function close(opens: readonly Open[]): { readonly regions: readonly Region[]; readonly captured: Vars } {
  const reads = opens.map(({ region, captures }) => {
    const used = usedIn(region.equations, region.results)
    return new Map([...captures].filter(([, inner]) => used.has(inner)))
  })
  const captured = [...new Set(reads.flatMap(r => [...r.keys()]))]
  const regions = opens.map(({ region, parameter }, k) => ({
    ...region,
    params: [...region.params, ...captured.map(v => reads[k]!.get(v) ?? parameter(v.type))],
  }))
  return { regions, captured }
}

const usedIn = (equations: readonly Equation[], results: Vars): Set<Var> =>
  new Set([...equations.flatMap(eq => eq.ins), ...results])
