import type { Builder } from '../builder.ts'
import type { Pull } from '../primitive.ts'
import { type Equation, liveEquations, type Region, type Var } from '../program.ts'

export interface SplitOptions {
  /** The builder around; what is made here goes into a child of it. */
  readonly b: Builder
  readonly region: Region
  /** Which parameters need a cotangent. */
  readonly needs: readonly boolean[]
  /** Which results have one. */
  readonly cts: readonly boolean[]
  /** Whether a parameter differs from call to call; what follows from the others alone is not kept. */
  readonly varies: (param: number) => boolean
  /** Compute everything again from the parameters, and keep no inner value. */
  readonly remat: boolean
  readonly pull: Pull
}

/** A region taken apart for reverse mode: what runs forwards, and what runs when going back. */
export interface Split {
  readonly b: Builder
  readonly params: readonly Var[]
  readonly results: readonly Var[]
  /** Values of the forward side that the backward side reads: parameters, or inner values to be kept. */
  readonly reads: readonly Var[]
  /** The cotangents of the parameters; null where nothing flows. */
  readonly grads: readonly (Var | null)[]
  /** From `reads` and then the cotangents that came, the cotangents that are not null. */
  readonly backward: Region
  /** The region with further results, for values to be kept. */
  readonly forward: (more: readonly Var[]) => Region
}

/** Cheaper to do again than to keep their results. */
const CHEAP = ['broadcast', 'reshape', 'constant', 'iota']

export function splitRegion({ b, region, needs, cts, varies, remat, pull }: SplitOptions): Split {
  const r = b.child()
  const params = region.params.map(v => r.parameter(v.type))
  const results = r.inline(region, params)
  const mark = r.equations.length
  const came = results.map((v, i) => (cts[i] ? r.parameter(v.type) : null))
  const wrt = params.filter((_, i) => needs[i])
  const found = pull(r, r.equations.slice(), results, came, wrt)
  const grads = params.map(v => found[wrt.indexOf(v)] ?? null)

  const given = grads.filter(g => g !== null)
  // Rules may have extended equations of the forward side: it is read only now.
  const forward = r.equations.slice(0, mark)
  const own = liveEquations(r.equations.slice(mark), given)
  const varying = dependents(
    forward,
    params.filter((_, i) => varies(i)),
  )
  const again = (eq: Equation) => remat || CHEAP.includes(eq.prim.name) || !eq.outs.some(v => varying.has(v))
  const { reads, repeated } = readsOf(forward, params, [...own.flatMap(eq => eq.ins), ...given], again)
  return {
    b: r,
    params,
    results,
    reads,
    grads,
    backward: {
      name: 'backward',
      params: [...reads, ...came.filter(v => v !== null)],
      equations: [...repeated, ...own],
      results: given,
    },
    forward: more => ({
      name: region.name,
      params,
      equations: liveEquations(r.equations, [...results, ...more]),
      results: [...results, ...more],
    }),
  }
}

/** What of the forward side is read for `wanted`, and which equations are done again to have it. */
function readsOf(
  forward: readonly Equation[],
  params: readonly Var[],
  wanted: readonly Var[],
  again: (eq: Equation) => boolean,
): { readonly reads: readonly Var[]; readonly repeated: readonly Equation[] } {
  const producer = new Map(forward.flatMap(eq => eq.outs.map(v => [v, eq] as const)))
  const known = new Set(params)
  const repeated = new Set<Equation>()
  const reads = new Set<Var>()
  const queue = [...wanted]
  for (let v = queue.pop(); v; v = queue.pop()) {
    const eq = producer.get(v)
    if (!eq) {
      if (known.has(v)) reads.add(v)
    } else if (!again(eq)) reads.add(v)
    else if (!repeated.has(eq)) {
      repeated.add(eq)
      queue.push(...eq.ins)
    }
  }
  // In the order of their definition, so that equal programs print equally.
  const inOrder = [...params, ...forward.flatMap(eq => eq.outs)].filter(v => reads.has(v))
  return { reads: inOrder, repeated: forward.filter(eq => repeated.has(eq)) }
}

/** Everything that depends on the roots, smoothly or not. */
function dependents(equations: readonly Equation[], roots: readonly Var[]): Set<Var> {
  const reached = new Set(roots)
  for (const eq of equations) {
    if (!eq.ins.some(v => reached.has(v))) continue
    for (const v of eq.outs) reached.add(v)
  }
  return reached
}
