import type { Params, Primitive } from '../../src/ir/primitive.ts'
import { type DType, parseType, tensor } from '../../src/ir/types.ts'

export const DTYPES: readonly DType[] = ['f32', 'bf16', 's32', 'u32', 's64', 'u8', 'bool']

type Row = Primitive<Params>['cases'][number]

const typesOf = (row: Row) => row.in.map(x => parseType(typeof x === 'string' ? x : x.type))

/** In these a condition may come before the data. */
const CONDITIONED = ['select', 'cond']

/** The dtype of a case's data: of its first operand, or a parameter where there is none. */
export function caseDtype(prim: Primitive<Params>, row: Row): DType {
  const types = typesOf(row)
  const beyond = CONDITIONED.includes(prim.name) ? types.find(t => t.dtype !== 'bool') : undefined
  return (beyond ?? types[0])?.dtype ?? (row.params!.dtype as DType)
}

/** The dtypes of the data that the case table tries. */
export const triedDtypes = (prim: Primitive<Params>): DType[] => {
  const tried = new Set(prim.cases.map(row => caseDtype(prim, row)))
  return DTYPES.filter(d => tried.has(d))
}

/**
 * The dtypes that the type rule takes for the data: those it takes in place of the dtype of some case,
 * there and in the other operands of that dtype. What regions take is up to their author, so there it is what was
 * tried.
 */
export function acceptedDtypes(prim: Primitive<Params>): DType[] {
  return DTYPES.filter(dtype => prim.cases.some(row => accepts(prim, row, dtype)))
}

function accepts(prim: Primitive<Params>, row: Row, dtype: DType): boolean {
  const from = caseDtype(prim, row)
  if (row.build || from === dtype) return from === dtype
  const swap = (d: DType) => (d === from ? dtype : d)
  const ins = typesOf(row).map(t => tensor(swap(t.dtype), t.shape))
  const params = ins.length > 0 ? (row.params ?? {}) : { ...row.params, dtype }
  try {
    prim.type(ins, params, [])
    return true
  } catch {
    return false
  }
}
