import { loopActivity } from '../ops/regions.ts'
import type { ScanParams } from '../ops/scan.ts'
import type { VjpRule } from '../primitive.ts'
import type { Var } from '../program.ts'
import { splitRegion } from './split.ts'

/**
 * The reverse of c', y = body(c, x, k) over all steps is a scan the other way, with the cotangents of the
 * carries as its carries: dc, dx, dk = bodyᵀ(dc', dy). dx is stacked; dk is summed, in float32. What a
 * step back reads of its step (the carries alone under `remat`) is stacked by the forward scan, which is
 * extended in place: nothing runs twice.
 */
export const scanVjp: VjpRule<ScanParams> = ({
  b,
  ins,
  outs,
  cts,
  params,
  needs,
  regions,
  eq,
  pull,
  through,
}) => {
  const { carries: n, xs: k, length, reverse, remat } = params
  const body = regions[0]!
  const active = loopActivity(body, n, needs, through).params
  const split = (flows: readonly boolean[]) =>
    splitRegion({
      b,
      region: body,
      needs: active,
      cts: [...flows, ...cts.slice(n).map(ct => ct !== null)],
      varies: i => i < n + k,
      remat,
      pull,
    })
  // A carry has a cotangent where its last value has one, or where a step back gives it one.
  let flows = cts.slice(0, n).map((ct, i) => ct !== null && active[i]!)
  let step = split(flows)
  for (;;) {
    const more = flows.map((f, i) => f || step.grads[i] !== null)
    if (more.every((f, i) => f === flows[i])) break
    flows = more
    step = split(flows)
  }

  const place = new Map(step.params.map((v, i) => [v, i]))
  // Kept for each step: the carries and inner values that a step back reads; the xs are there anyway.
  const kept = step.reads.filter(v => (place.get(v) ?? -1) < n)
  const ys = step.results.slice(n)
  const missing = kept.filter(v => !ys.includes(v))
  const more = missing.length > 0 ? b.extend(eq, params, [step.forward(missing)]) : []
  const stackOf = (v: Var) => (ys.includes(v) ? outs[n + ys.indexOf(v)]! : more[missing.indexOf(v)]!)

  const flowing = flows.flatMap((f, i) => (f ? [i] : []))
  const given = step.grads.flatMap((g, i) => (g ? [i] : []))
  const sums = given.filter(i => i >= n + k)
  const stacks = new Map<Var, Var>()
  for (const v of step.reads) {
    const i = place.get(v) ?? -1
    if (i < n + k) stacks.set(v, i < n ? stackOf(v) : ins[i]!)
  }
  const back = b.scan(
    [
      ...flowing.map(i => cts[i] ?? b.zerosLike(outs[i]!)),
      ...sums.map(i => b.fill({ ...ins[i]!.type, dtype: 'f32' }, 0)),
    ],
    [...stacks.values(), ...cts.slice(n).filter(ct => ct !== null)],
    (c, carry, slices) => {
      const slice = new Map([...stacks.keys()].map((v, i) => [v, slices[i]!]))
      const grads = c.inline(step.backward, [
        ...step.reads.map(v => slice.get(v) ?? ins[place.get(v)!]!),
        ...carry.slice(0, flowing.length),
        ...slices.slice(stacks.size),
      ])
      const gradOf = (i: number) => grads[given.indexOf(i)]
      return {
        carry: [
          ...flowing.map((i, j) => gradOf(i) ?? c.zerosLike(carry[j]!)),
          ...sums.map((i, j) => c.add(carry[flowing.length + j]!, c.convert(gradOf(i)!, 'f32'))),
        ],
        ys: given.filter(i => i >= n && i < n + k).map(i => gradOf(i)!),
      }
    },
    { length, reverse: !reverse, remat },
  )
  const slicesOf = given.filter(i => i >= n && i < n + k)
  return ins.map((v, i) => {
    if (flowing.includes(i)) return back.carry[flowing.indexOf(i)]!
    if (sums.includes(i)) return b.convert(back.carry[flowing.length + sums.indexOf(i)]!, v.type.dtype)
    return back.ys[slicesOf.indexOf(i)] ?? null
  })
}
