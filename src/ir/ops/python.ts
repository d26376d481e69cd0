/** Python text that the JAX rules share. */

/** `(1, 2)`, `(1,)`, `()`. */
export const pyTuple = (xs: readonly (number | string)[]): string =>
  xs.length === 1 ? `(${xs[0]},)` : `(${xs.join(', ')})`

/** One tuple for each axis, as `lax.pad` and windows take their padding: `((1, 0), (0, 2))`. */
export const pyTuples = (...lists: readonly (readonly number[])[]): string =>
  pyTuple(lists[0]!.map((_, i) => pyTuple(lists.map(list => list[i]!))))

/** `True` or `False`. */
export const pyBool = (value: boolean): string => (value ? 'True' : 'False')
