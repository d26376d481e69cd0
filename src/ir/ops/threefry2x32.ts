import { definePrimitive, type HloRef, TypeFault } from '../primitive.ts'
import { refZeros } from '../reference.ts'
import { PARITY, ROTATIONS, threefry } from '../threefry.ts'
import { sameShape, showType, tensor } from '../types.ts'
import { i64s, operands } from './rules.ts'

const THREEFRY = `def threefry2x32(key, x0, x1):
    """One block of Threefry-2x32 for each pair of counters, as jax.random uses it."""
    from jax.extend.random import threefry2x32_p

    return threefry2x32_p.bind(key[0], key[1], x0, x1)`

/**
 * Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a
 * block cipher on counters. Inputs: key u32[2] and two counter arrays u32[S]; outputs two arrays of
 * random bits u32[S], the same on every backend and the same as JAX's.
 */
export const threefry2x32 = definePrimitive({
  name: 'threefry2x32',
  type: ins => {
    const [key, x0, x1] = operands(ins, 3)
    const fits =
      key!.dtype === 'u32' &&
      sameShape(key!.shape, [2]) &&
      x0!.dtype === 'u32' &&
      x1!.dtype === 'u32' &&
      sameShape(x0!.shape, x1!.shape)
    if (!fits)
      throw new TypeFault(
        `needs a key u32[2] and two equal counters u32[…], got ${[key!, x0!, x1!].map(showType).join(', ')}`,
      )
    return [x0!, x1!]
  },
  vjp: { notDifferentiable: 'random bits have no derivative' },
  reference: ([key, x0, x1], _, [a, b]) => {
    const [r0, r1] = [refZeros(a!), refZeros(b!)]
    const [k0, k1] = [key!.data[0]!, key!.data[1]!]
    for (let i = 0; i < r0.data.length; i++)
      [r0.data[i], r1.data[i]] = threefry(k0, k1, x0!.data[i]!, x1!.data[i]!)
    return [r0, r1]
  },
  stablehlo: (e, [key, c0, c1], _, [out]) => {
    const t = out!
    const one = tensor('u32', [1])
    const word = (i: number): HloRef => {
      const cut = e.op(
        'stablehlo.slice',
        [key!],
        one,
        `start_indices = ${i64s([i])}, limit_indices = ${i64s([i + 1])}, strides = ${i64s([1])}`,
      )
      return e.op('stablehlo.reshape', [cut], tensor('u32', []))
    }
    const scalar = tensor('u32', [])
    const [k0, k1] = [word(0), word(1)]
    const mixed = e.op(
      'stablehlo.xor',
      [e.op('stablehlo.xor', [k0, k1], scalar), e.splat(scalar, PARITY)],
      scalar,
    )
    const keys = [k0, k1, mixed]
    const add = (x: HloRef, y: HloRef) => e.op('stablehlo.add', [x, y], x.type)
    const spread = (x: HloRef) =>
      t.shape.length === 0
        ? x
        : e.op('stablehlo.broadcast_in_dim', [x], t, `broadcast_dimensions = ${i64s([])}`)
    let x0 = add(c0!, spread(k0))
    let x1 = add(c1!, spread(k1))
    for (let group = 0; group < 5; group++) {
      for (const turn of ROTATIONS[group % 2]!) {
        x0 = add(x0, x1)
        const left = e.op('stablehlo.shift_left', [x1, e.splat(t, turn)], t)
        const right = e.op('stablehlo.shift_right_logical', [x1, e.splat(t, 32 - turn)], t)
        x1 = e.op('stablehlo.xor', [e.op('stablehlo.or', [left, right], t), x0], t)
      }
      x0 = add(x0, spread(keys[(group + 1) % 3]!))
      x1 = add(x1, spread(add(keys[(group + 2) % 3]!, e.splat(scalar, group + 1))))
    }
    return [x0, x1]
  },
  tfjs: (tf, ins, _, outs) =>
    tf.host(ins, outs, ([key, x0, x1], [a, b]) => {
      for (let i = 0; i < a!.length; i++) [a![i], b![i]] = threefry(key![0]!, key![1]!, x0![i]!, x1![i]!)
    }),
  jax: ([key, x0, x1], _, j) => ({ tuple: `${j.helper(THREEFRY)}(${key}, ${x0}, ${x1})` }),
  cases: [
    {
      in: [
        { type: 'u32[2]', range: [0, 4294967295] },
        { type: 'u32[7]', range: [0, 4294967295] },
        { type: 'u32[7]', range: [0, 4294967295] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u32[2]', range: [0, 4294967295] },
        { type: 'u32[]', range: [0, 9] },
        { type: 'u32[]', range: [0, 9] },
      ],
      tol: 0,
    },
  ],
})
