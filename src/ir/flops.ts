import { type Equation, regionsOf } from './program.ts'
import { elementCount } from './types.ts'

/** Primitives that move, name or compare values and do no arithmetic, and those whose work lies in their regions. */
const FREE: ReadonlySet<string> = new Set([
  ...['and', 'argmax', 'bitcast', 'broadcast', 'compare', 'concatenate', 'cond', 'constant'],
  ...['convert', 'custom_vjp', 'dynamic_slice', 'dynamic_update_slice', 'gather', 'iota', 'is_finite'],
  ...['not', 'optimization_barrier', 'or', 'pad', 'reduce_and', 'reduce_or', 'remat', 'reshape', 'reverse'],
  ...['scan', 'select', 'shift_left', 'shift_right_arithmetic', 'shift_right_logical', 'slice', 'sort'],
  ...['stop_gradient', 'straight_through', 'threefry2x32', 'top_k', 'transpose', 'while', 'xor'],
])

/** Primitives that do one operation for each element that they read. */
const BY_OPERAND: ReadonlySet<string> = new Set([
  ...['cumsum', 'reduce_max', 'reduce_min', 'reduce_prod', 'reduce_sum'],
])

/**
 * Floating-point operations of equations by the graph node that built them: 2 for each multiply-and-add of a matrix
 * product or a convolution, 1 for each element of other arithmetic, whatever function it is. A scan counts all its
 * steps, a while one, a conditional its larger branch. What lies in a region belongs to the node that built it.
 */
export function flopsByOrigin(equations: readonly Equation[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const eq of equations) add(found, flopsOf(eq), 1)
  return found
}

type Counts = ReadonlyMap<string, number>

function add(into: Map<string, number>, counts: Counts, times: number): void {
  for (const [origin, n] of counts) into.set(origin, (into.get(origin) ?? 0) + n * times)
}

/** Of one equation with its regions. */
function flopsOf(eq: Equation): Counts {
  const own = ownFlops(eq)
  const origin = eq.origin ?? ''
  const counts = new Map(own > 0 ? [[origin, own]] : [])
  const inside = regionsOf(eq).map(r => {
    const region = new Map<string, number>()
    for (const inner of r.equations)
      for (const [of, n] of flopsOf(inner)) add(region, new Map([[of || origin, n]]), 1)
    return region
  })
  for (const [region, times] of runs(eq, inside)) add(counts, region, times)
  return counts
}

/** Which regions of an equation run, and how often. */
function runs(eq: Equation, regions: readonly Counts[]): (readonly [Counts, number])[] {
  switch (eq.prim.name) {
    case 'scan':
      return [[regions[0]!, eq.params.length as number]]
    case 'while':
      return regions.map(r => [r, 1])
    case 'cond':
      return [[regions.reduce((most, r) => (sum(r) > sum(most) ? r : most)), 1]]
    default:
      // The second region of a custom_vjp runs only where reverse mode has put its equations.
      return regions.slice(0, 1).map(r => [r, 1])
  }
}

const sum = (counts: Counts): number => [...counts.values()].reduce((n, k) => n + k, 0)

function ownFlops({ prim: { name }, params, ins, outs }: Equation): number {
  if (FREE.has(name)) return 0
  const made = elementCount(outs[0]!.type.shape)
  switch (name) {
    case 'dot_general': {
      const contracted = (params.lhsContract as readonly number[]).map(a => ins[0]!.type.shape[a]!)
      return 2 * made * elementCount(contracted)
    }
    case 'convolution':
      return 2 * made * elementCount(ins[1]!.type.shape.slice(0, -1))
    case 'reduce_window':
      return made * elementCount(params.window as readonly number[])
    case 'scatter_add':
      return elementCount(ins.at(-1)!.type.shape)
    default:
      return BY_OPERAND.has(name) ? elementCount(ins[0]!.type.shape) : made
  }
}
