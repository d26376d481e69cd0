import type { Builder } from '../builder.ts'
import type { Params, VjpRule } from '../primitive.ts'
import type { Var } from '../program.ts'
import { isFloat, sameType, type TensorType } from '../types.ts'
import { type Split, splitRegion } from './split.ts'

/** A value kept for going back: each branch puts one of its own there, or zeros. */
interface Slot {
  readonly type: TensorType
  readonly values: (Var | undefined)[]
}

/**
 * The reverse of a conditional is the same choice between the branches' reverses. What they read of the
 * forward computation are further results of the conditional; the branch that did not run leaves zeros.
 */
export const condVjp: VjpRule<Params> = ({ b, ins, cts, params, needs, regions, eq, pull }) => {
  const outside = ins.slice(1)
  const sides = regions.map(region =>
    splitRegion({
      b,
      region,
      needs: needs.slice(1),
      cts: cts.map(ct => ct !== null),
      varies: () => true,
      remat: false,
      pull,
    }),
  )
  const slots = slotsOf(sides)
  const extended = sides.map((side, k) => side.forward(slots.map(s => s.values[k] ?? side.b.fill(s.type, 0))))
  const more = slots.length > 0 ? b.extend(eq, params, extended) : []

  const given = outside.flatMap((v, i) => (isFloat(v.type.dtype) && sides.some(s => s.grads[i]) ? [i] : []))
  const known = cts.filter(ct => ct !== null)
  const branch = (k: number) => (c: Builder) => {
    const side = sides[k]!
    const place = new Map(side.params.map((v, i) => [v, i]))
    const read = (v: Var) => {
      const i = place.get(v)
      return i === undefined ? more[slots.findIndex(s => s.values[k] === v)]! : outside[i]!
    }
    const grads = c.inline(side.backward, [...side.reads.map(read), ...known])
    const made = side.grads.flatMap((g, i) => (g ? [i] : []))
    return given.map(i => grads[made.indexOf(i)] ?? c.zerosLike(outside[i]!))
  }
  if (given.length === 0) return ins.map(() => null)
  const back = b.cond(ins[0]!, branch(0), branch(1))
  return [null, ...outside.map((_, i) => back[given.indexOf(i)] ?? null)]
}

/** Places for the inner values that the branches keep; values of one type in both share a place. */
function slotsOf(sides: readonly Split[]): Slot[] {
  const slots: Slot[] = []
  sides.forEach((side, k) => {
    const params = new Set(side.params)
    for (const v of side.reads) {
      if (params.has(v)) continue
      const free = slots.find(s => !s.values[k] && sameType(s.type, v.type))
      const slot = free ?? { type: v.type, values: [] }
      slot.values[k] = v
      if (!free) slots.push(slot)
    }
  })
  return slots
}
