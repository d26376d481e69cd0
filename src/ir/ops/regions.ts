import { type Through, TypeFault } from '../primitive.ts'
import type { Region } from '../program.ts'
import { sameType, showType, type TensorType } from '../types.ts'

/** Shared pieces of the rules of primitives with regions. */

/** The regions that a primitive asks for, by name and in order. */
export function checkRegions(regions: readonly Region[], names: readonly string[]): readonly Region[] {
  const came = regions.map(r => r.name)
  if (came.join() !== names.join())
    throw new TypeFault(`needs the regions ${names.join(', ')}, got ${came.join(', ') || 'none'}`)
  return regions
}

/** The parameters of a region must be of these types. */
export function checkParameters(region: Region, types: readonly TensorType[]): void {
  const came = region.params.map(v => v.type)
  if (!sameTypes(came, types))
    throw new TypeFault(`the ${region.name} takes ${showTypes(came)}, it is given ${showTypes(types)}`)
}

/** The first results of a region are the next carries: their types may not change. */
export function checkCarries(region: Region, carries: readonly TensorType[]): void {
  if (region.results.length < carries.length)
    throw new TypeFault(`the ${region.name} gives ${region.results.length} of ${carries.length} carries`)
  carries.forEach((t, i) => {
    const came = region.results[i]!.type
    if (!sameType(came, t))
      throw new TypeFault(`carry ${i} is ${showType(t)}, the ${region.name} makes it ${showType(came)}`)
  })
}

export const resultTypes = (region: Region): TensorType[] => region.results.map(v => v.type)

export const sameTypes = (a: readonly TensorType[], b: readonly TensorType[]): boolean =>
  a.length === b.length && a.every((t, i) => sameType(t, b[i]!))

export const showTypes = (types: readonly TensorType[]): string => `(${types.map(showType).join(', ')})`

/**
 * Which parameters and results of a loop's body vary smoothly: a carry does when it does at the start, or
 * when a step makes it so. The first `carries` parameters and results are the carries.
 */
export function loopActivity(
  body: Region,
  carries: number,
  active: readonly boolean[],
  through: Through,
): { readonly params: readonly boolean[]; readonly results: readonly boolean[] } {
  let params = active
  for (;;) {
    const results = through(body, params)
    const next = params.map((a, i) => a || (i < carries && results[i]!))
    if (next.every((a, i) => a === params[i]))
      return { params, results: results.map((a, i) => a || (i < carries && params[i]!)) }
    params = next
  }
}
