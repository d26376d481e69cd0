import { dotGeneral } from '../ops/dotGeneral.ts'
import { reshape } from '../ops/reshape.ts'
import type { Program, Var } from '../program.ts'
import { elementCount, sameShape } from '../types.ts'
import { rewrite, type Site } from './rewrite.ts'

type Axes = readonly number[]

/** Axes of an operand that become one. */
type Group = Axes

/**
 * Gives each contraction as few axes as it can do with: free axes that lie side by side become one, and so do
 * contracted axes that lie side by side, in one order, on both sides. XLA's CPU compiler is slower at a
 * contraction of two axes (a weight gradient over batch and tokens) than at the product of two matrices that it
 * is. Nothing is moved in memory, and sums run over the same elements in the same order.
 */
export function collapseDots(program: Program): Program {
  return rewrite(program, () => (eq, at) => {
    if (eq.prim.name !== dotGeneral.name) return undefined
    const [x, y] = eq.ins as [Var, Var]
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = eq.params as Record<string, Axes>
    const runs = contractedRuns(lhsContract!, rhsContract!)
    const contracted = (side: Axes): Group[] => runs.map(run => run.map(i => side[i]!))
    const lhs = grouped(x, lhsBatch!, contracted(lhsContract!))
    const rhs = grouped(y, rhsBatch!, contracted(rhsContract!))
    if (lhs.groups.length === x.type.shape.length && rhs.groups.length === y.type.shape.length)
      return undefined
    const out = eq.outs[0]!.type.shape
    const product = at.emit(dotGeneral, [collapsed(x, lhs.groups, at), collapsed(y, rhs.groups, at)], {
      lhsBatch: lhs.batch,
      rhsBatch: rhs.batch,
      lhsContract: lhs.contract,
      rhsContract: rhs.contract,
    })
    return [sameShape(product.type.shape, out) ? product : at.emit(reshape, [product], { shape: out })]
  })
}

/** Runs of positions whose axes follow each other on both sides. */
function contractedRuns(lhs: Axes, rhs: Axes): number[][] {
  const runs: number[][] = []
  lhs.forEach((_, i) => {
    const follows = i > 0 && lhs[i] === lhs[i - 1]! + 1 && rhs[i] === rhs[i - 1]! + 1
    if (follows) runs.at(-1)!.push(i)
    else runs.push([i])
  })
  return runs
}

/** An operand's axes in groups, in order, and where its batch axes and contracted groups are among them. */
function grouped(x: Var, batch: Axes, contracted: readonly Group[]) {
  const taken = new Map<number, Group>(batch.map(a => [a, [a]]))
  for (const group of contracted) for (const a of group) taken.set(a, group)
  const groups: Group[] = []
  let free: number[] | undefined
  for (let a = 0; a < x.type.shape.length; a++) {
    const group = taken.get(a)
    if (group) {
      free = undefined
      if (group[0] === a) groups.push(group)
    } else if (free) free.push(a)
    else {
      free = [a]
      groups.push(free)
    }
  }
  const place = (a: number) => groups.findIndex(g => g[0] === a)
  return { groups, batch: batch.map(place), contract: contracted.map(g => place(g[0]!)) }
}

const collapsed = (x: Var, groups: readonly Group[], at: Site): Var =>
  groups.length === x.type.shape.length
    ? x
    : at.emit(reshape, [x], { shape: groups.map(g => elementCount(g.map(a => x.type.shape[a]!))) })
