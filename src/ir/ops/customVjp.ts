import { regionEvaluator } from '../evaluate.ts'
import { definePrimitive, TypeFault } from '../primitive.ts'
import { isFloat } from '../types.ts'
import { checkParameters, checkRegions, resultTypes, sameTypes, showTypes } from './regions.ts'

/**
 * A computation with its author's own reverse-mode rule. Operands: the arguments, then what the regions
 * read from outside. `forward` (operands) gives the results and then the values it saves for going back;
 * `backward` (arguments, results, saved, cotangents of the float results, outside) gives the cotangents of
 * the arguments `grads`. The other arguments get none, and what is read from outside may need none.
 */
export const customVjp = definePrimitive<{
  readonly args: number
  readonly outs: number
  readonly grads: readonly number[]
}>({
  name: 'custom_vjp',
  type: (ins, { args, outs, grads }, regions) => {
    const [forward, backward] = checkRegions(regions, ['forward', 'backward'])
    checkParameters(forward!, ins)
    const results = resultTypes(forward!)
    const cts = results.slice(0, outs).filter(t => isFloat(t.dtype))
    checkParameters(backward!, [...ins.slice(0, args), ...results, ...cts, ...ins.slice(args)])
    const [came, due] = [resultTypes(backward!), grads.map(i => ins[i]!)]
    if (!sameTypes(came, due))
      throw new TypeFault(
        `the backward gives ${showTypes(came)} for the cotangents of arguments of types ${showTypes(due)}`,
      )
    return results
  },
  activity: (active, { args, grads }, [forward]) => {
    const any = active.some((a, i) => a && (i >= args || grads.includes(i)))
    return forward!.results.map(() => any)
  },
  vjp: ({ b, ins, outs, cts, needs, params, regions: [, backward] }) => {
    if (needs.some((n, i) => n && i >= params.args))
      throw new TypeFault(
        'its regions read a value from outside that needs a gradient, which its rule does not give: make it an argument, or put a stop-gradient before it',
      )
    const given = outs.slice(0, params.outs).flatMap((v, i) => (isFloat(v.type.dtype) ? [[v, cts[i]]] : []))
    const grads = b.inline(backward!, [
      ...ins.slice(0, params.args),
      ...outs,
      ...given.map(([v, ct]) => ct ?? b.zerosLike(v!)),
      ...ins.slice(params.args),
    ])
    return ins.map((_, i) => grads[params.grads.indexOf(i)] ?? null)
  },
  reference: (ins, _, __, [forward]) => regionEvaluator(forward!)(ins),
  stablehlo: (e, ins, _, __, [forward]) => e.inline(forward!, ins),
  tfjs: (tf, ins, _, __, [forward]) => tf.inline(forward!, ins),
  jax: (ins, _, j) => ({ tuple: `${j.define(j.regions[0]!, [], ins)}()` }),
  cases: [
    {
      // log(1 + eˣ), with the derivative that stays finite.
      in: ['f32[2,3]'],
      build: (b, [x]) =>
        b.customVjp(
          [x!],
          (c, [y]) => ({ outs: [c.log(c.add(c.exp(y!), 1))] }),
          (c, { args, cts }) => [c.mul(cts[0]!, c.logistic(args[0]!))],
        ),
    },
    {
      // x·y + n: saves a value, leaves the integers out.
      in: ['f32[3]', 'f32[3]', { type: 's32[3]', range: [-3, 3] }],
      build: (b, ins) =>
        b.customVjp(
          ins,
          (c, [x, y, n]) => ({ outs: [c.add(c.mul(x!, y!), c.convert(n!, 'f32')), n!], saved: [c.neg(y!)] }),
          (c, { args, saved, cts }) => [c.neg(c.mul(cts[0]!, saved[0]!)), c.mul(cts[0]!, args[0]!), null],
        ),
    },
    {
      in: ['bf16[3]'],
      build: (b, [x]) =>
        b.customVjp(
          [x!],
          (c, [y]) => ({ outs: [c.exp(y!)] }),
          (c, { outs, cts }) => [c.mul(cts[0]!, outs[0]!)],
        ),
      tol: 0.03,
    },
  ],
})
