import { regionEvaluator } from '../evaluate.ts'
import { definePrimitive, TypeFault } from '../primitive.ts'
import { showType } from '../types.ts'
import { pyTuple } from './python.ts'
import { checkCarries, checkParameters, checkRegions, loopActivity, resultTypes } from './regions.ts'

/**
 * A loop whose number of steps the data decides. Operands: the carries, then what the regions read from
 * outside; both regions take all of them. While `cond` gives true (a bool[]), the carries become the
 * results of `body`. Gives the last carries.
 */
export const whileLoop = definePrimitive<{ readonly carries: number }>({
  name: 'while',
  type: (ins, { carries }, regions) => {
    const [cond, body] = checkRegions(regions, ['cond', 'body'])
    const state = ins.slice(0, carries)
    checkParameters(cond!, ins)
    checkParameters(body!, ins)
    checkCarries(body!, state)
    if (body!.results.length !== carries)
      throw new TypeFault(`the body gives ${body!.results.length} results for ${carries} carries`)
    const [test] = resultTypes(cond!)
    if (cond!.results.length !== 1 || test!.dtype !== 'bool' || test!.shape.length !== 0)
      throw new TypeFault(
        `the condition must give bool[], got ${resultTypes(cond!).map(showType).join(', ')}`,
      )
    return state
  },
  vjp: {
    notDifferentiable:
      'how many steps it takes is only known as it runs, so there is no place to keep what going back needs (a scan has a fixed length and can be differentiated)',
  },
  activity: (active, { carries }, regions, through) =>
    loopActivity(regions[1]!, carries, active, through).results,
  reference: (ins, { carries }, _, regions) => {
    const [cond, body] = regions.map(regionEvaluator)
    const outside = ins.slice(carries)
    let state = ins.slice(0, carries)
    while (cond!([...state, ...outside])[0]!.data[0]! !== 0) state = body!([...state, ...outside])
    return state
  },
  stablehlo: (e, ins, { carries }, outs, [cond, body]) => {
    const outside = ins.slice(carries)
    const test = e.region(outs, state => e.inline(cond!, [...state, ...outside]))
    const step = e.region(outs, state => e.inline(body!, [...state, ...outside]))
    return e.multi('stablehlo.while', ins.slice(0, carries), outs, undefined, `${test}, ${step}`)
  },
  tfjs: (tf, ins, { carries }, _, [cond, body]) => {
    const outside = ins.slice(carries)
    let state = ins.slice(0, carries)
    let more = true
    const test = () => {
      more = tf.read(tf.inline(cond!, [...state, ...outside])[0]!)[0] === 1
      return []
    }
    for (;;) {
      tf.step([], test)
      if (!more) return state
      state = [...tf.step(state, () => tf.inline(body!, [...state, ...outside]))]
    }
  },
  jax: (ins, { carries }, j) => {
    const given = ins.slice(carries)
    const [cond, body] = j.regions.map((r, i) =>
      j.define(r, [['carry', carries]], given, i === 0 ? 'value' : undefined),
    )
    return { tuple: `lax.while_loop(${cond}, ${body}, ${pyTuple(ins.slice(0, carries))})` }
  },
  cases: [
    {
      // Doubles x until it is past the limit, and counts the steps.
      in: [
        { type: 'f32[]', range: [1, 2] },
        { type: 's32[]', range: [0, 3] },
        { type: 'f32[]', range: [50, 60] },
      ],
      build: (b, [x, n, limit]) =>
        b.while(
          [x!, n!],
          (c, [y]) => c.compare('LT', y!, limit!),
          (c, [y, m]) => [c.mul(y!, 2), c.add(m!, 1)],
        ),
    },
    {
      // No step at all.
      in: ['f32[2,3]'],
      build: (b, [x]) =>
        b.while(
          [x!],
          c => c.scalar('bool', 0),
          (c, [y]) => [c.exp(y!)],
        ),
      tol: 0,
    },
    {
      // Euclid's greatest common divisor, by subtraction.
      in: [
        { type: 's32[]', range: [10, 99] },
        { type: 's32[]', range: [10, 99] },
      ],
      build: (b, ins) =>
        b.while(
          ins,
          (c, [p, q]) => c.compare('NE', p!, q!),
          (c, [p, q]) => {
            const larger = c.compare('GT', p!, q!)
            return [c.select(larger, c.sub(p!, q!), p!), c.select(larger, q!, c.sub(q!, p!))]
          },
        ),
      tol: 0,
    },
    {
      in: [{ type: 'bf16[2]', range: [1, 2] }],
      build: (b, [x]) =>
        b.while(
          [x!, b.scalar('s32', 0)],
          (c, [, n]) => c.compare('LT', n!, 3),
          (c, [y, n]) => [c.mul(y!, 0.5), c.add(n!, 1)],
        ),
      tol: 0.02,
    },
  ],
})
