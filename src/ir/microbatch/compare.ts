import type { Params } from '../primitive.ts'
import { type Equation, type Region, regionsOf, type Var } from '../program.ts'
import { sameShape } from '../types.ts'
import { grown, mixed, type Parts } from './parts.ts'
import { rulesOf } from './rules.ts'

/** One program staged over the whole batch and over one of `n` parts: lists of equations and what is known. */
export interface Staged {
  readonly whole: readonly Equation[]
  readonly part: readonly Equation[]
  readonly n: number
  /** What stands at the start of both, and how it follows from part to whole. */
  readonly roots: readonly (readonly [whole: Var, part: Var, Parts])[]
}

/** One equation over the whole batch with its like over a part. */
export interface Pair {
  readonly eq: Equation
  readonly part: Equation
  readonly n: number
  readonly ins: readonly Parts[]
  /** Goes into a region, whose parameters follow like this; gives how its results do. */
  readonly inside: (place: number, params: readonly Parts[]) => readonly Parts[]
}

/** Parameters that may differ because they hold sizes. */
const SIZED = new Set(['shape', 'values', 'start', 'limit', 'sliceSizes', 'sizes', 'length'])

/**
 * Finds how values over a whole batch follow from the values over its parts, by walking two stagings of one program
 * side by side from the asked values to the roots. What it can't show it calls `mixed`, so an answer other than
 * that is a proof. Random bits are taken as rows: other numbers with the same distribution.
 */
export class Comparison {
  private readonly staged: Staged
  private readonly wholes: ReadonlyMap<Var, Equation>
  private readonly parts: ReadonlyMap<Var, Equation>
  private readonly known = new Map<Var, Map<Var, Parts>>()

  constructor(staged: Staged) {
    this.staged = staged
    this.wholes = producers(staged.whole)
    this.parts = producers(staged.part)
    for (const [whole, part, parts] of staged.roots) this.set(whole, part, parts)
  }

  /** How the value `whole` follows from `part`, its like in the other staging. */
  of(whole: Var, part: Var): Parts {
    const stack: (readonly [Var, Var])[] = [[whole, part]]
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (this.get(...top)) {
        stack.pop()
        continue
      }
      const eq = this.wholes.get(top[0])
      const like = this.parts.get(top[1])
      if (!eq) throw new Error('a value of the whole batch that no equation makes and no root names')
      if (!like || !alike(eq, like) || eq.outs.indexOf(top[0]) !== like.outs.indexOf(top[1])) {
        this.set(...top, mixed(eq))
        continue
      }
      const open = eq.ins.flatMap((v, i) => (this.get(v, like.ins[i]!) ? [] : [[v, like.ins[i]!] as const]))
      if (open.length > 0) stack.push(...open)
      else this.judge(eq, like)
    }
    return this.get(whole, part)!
  }

  private judge(eq: Equation, part: Equation): void {
    const ins = eq.ins.map((v, i) => this.get(v, part.ins[i]!)!)
    const inside = (place: number, params: readonly Parts[]) =>
      insideOf(regionsOf(eq)[place]!, regionsOf(part)[place]!, this.staged.n, params)
    const found = rulesOf({ eq, part, n: this.staged.n, ins, inside })
    eq.outs.forEach((v, k) => {
      this.set(v, part.outs[k]!, sound(found[k]!, v, part.outs[k]!, eq, this.staged.n))
    })
  }

  private get(whole: Var, part: Var): Parts | undefined {
    return this.known.get(whole)?.get(part)
  }

  private set(whole: Var, part: Var, parts: Parts): void {
    const inner = this.known.get(whole) ?? new Map<Var, Parts>()
    inner.set(part, parts)
    this.known.set(whole, inner)
  }
}

const producers = (equations: readonly Equation[]): Map<Var, Equation> =>
  new Map(equations.flatMap(eq => eq.outs.map(v => [v, eq] as const)))

function insideOf(whole: Region, part: Region, n: number, params: readonly Parts[]): Parts[] {
  const roots = whole.params.map((v, i) => [v, part.params[i]!, params[i]!] as const)
  const comparison = new Comparison({ whole: whole.equations, part: part.equations, n, roots })
  return whole.results.map((v, i) => comparison.of(v, part.results[i]!))
}

/** The same primitive on as many operands, and the same parameters but for sizes. */
function alike(eq: Equation, part: Equation): boolean {
  if (eq.prim.name !== part.prim.name || eq.ins.length !== part.ins.length) return false
  if (eq.outs.some((v, i) => !sameRank(v, part.outs[i]))) return false
  const same = (key: string) =>
    SIZED.has(key) || JSON.stringify(eq.params[key]) === JSON.stringify((part.params as Params)[key])
  return (
    regionsOf(eq).length === regionsOf(part).length &&
    regionsOf(eq).every((r, i) => r.results.length === regionsOf(part)[i]!.results.length) &&
    Object.keys(eq.params).every(same)
  )
}

const sameRank = (x: Var, y: Var | undefined): boolean =>
  y !== undefined && x.type.dtype === y.type.dtype && x.type.shape.length === y.type.shape.length

/** A claim must agree with the shapes: the row axis alone is n times as long. */
function sound(parts: Parts, whole: Var, part: Var, eq: Equation, n: number): Parts {
  switch (parts.kind) {
    case 'mixed':
    case 'position':
      return parts
    case 'rows': {
      const axes = grown(whole.type, part.type)
      const longer = whole.type.shape[parts.axis] === n * part.type.shape[parts.axis]!
      return axes.length === 1 && axes[0] === parts.axis && longer ? parts : mixed(eq)
    }
    default:
      return sameShape(whole.type.shape, part.type.shape) ? parts : mixed(eq)
  }
}
