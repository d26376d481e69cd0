import { condVjp } from '../autodiff/cond.ts'
import { regionEvaluator } from '../evaluate.ts'
import { type Case, definePrimitive, type Params, TypeFault } from '../primitive.ts'
import { showType } from '../types.ts'
import { checkParameters, checkRegions, resultTypes, sameTypes, showTypes } from './regions.ts'

/**
 * One of two computations. Operands: a bool[], and what the branches read from outside; both take all of
 * it. Gives the results of `then` where the bool is true, else those of `else`. Only one runs.
 */
export const cond = definePrimitive({
  name: 'cond',
  type: (ins, _, regions) => {
    const [yes, no] = checkRegions(regions, ['then', 'else'])
    const [condition, ...outside] = ins
    if (condition?.dtype !== 'bool' || condition.shape.length !== 0)
      throw new TypeFault(`the condition must be bool[], got ${condition ? showType(condition) : 'nothing'}`)
    checkParameters(yes!, outside)
    checkParameters(no!, outside)
    const [a, c] = [resultTypes(yes!), resultTypes(no!)]
    if (!sameTypes(a, c))
      throw new TypeFault(`the branches give different types: ${showTypes(a)} and ${showTypes(c)}`)
    return a
  },
  vjp: condVjp,
  activity: (active, _, regions, through) => {
    const [yes, no] = regions.map(r => through(r, active.slice(1)))
    return yes!.map((a, i) => a || no![i]!)
  },
  reference: ([condition, ...outside], _, __, [yes, no]) =>
    regionEvaluator(condition!.data[0] ? yes! : no!)(outside),
  stablehlo: (e, [condition, ...outside], _, outs, regions) => {
    const branches = regions.map(r => e.region([], () => e.inline(r, outside)))
    return e.multi('stablehlo.if', [condition!], outs, undefined, branches.join(', '))
  },
  tfjs: (tf, [condition, ...outside], _, __, [yes, no]) =>
    tf.inline(tf.read(condition!)[0] ? yes! : no!, outside),
  jax: ([condition, ...outside], _, j) => {
    const [yes, no] = j.regions.map(r => j.define(r, [], outside))
    return { tuple: `lax.cond(${condition}, ${yes}, ${no})` }
  },
  cases: [
    ...[0, 1].map(
      value =>
        ({
          in: [{ type: 'bool[]', range: [value, value] as const }, 'f32[3]', 'f32[3]'],
          build: (b, [p, x, y]) =>
            b.cond(
              p!,
              c => [c.mul(c.exp(x!), y!), c.sum(x!, [0])],
              c => [c.sin(y!), c.scalar('f32', 2)],
            ),
        }) satisfies Case<Params>,
    ),
    {
      in: ['bf16[2]', { type: 's32[2]', range: [-9, 9] }],
      build: (b, [x, n]) => {
        const positive = b.compare('GE', b.sum(x!, [0]), 0)
        return b.cond(
          positive,
          () => [x!, n!],
          c => [c.neg(x!), c.add(n!, 1)],
        )
      },
      tol: 0.02,
    },
  ],
})
