import { splitRegion } from '../autodiff/split.ts'
import { regionEvaluator } from '../evaluate.ts'
import { definePrimitive, type HloRef, type Primitive, type StableHloEmitter } from '../primitive.ts'
import { elementCount, isFloat, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { checkParameters, checkRegions, resultTypes } from './regions.ts'
import { compareAttributes, i64s } from './rules.ts'

type RematParams = { readonly again: boolean }

/**
 * A part of a program that reverse mode computes again instead of keeping its inner values (Chen et al.
 * 2016, "Training deep nets with sublinear memory cost"). Operands: what the body reads from outside. Its
 * reverse is a remat with `again`, which takes the operands and the cotangents; the compiler must neither
 * merge that with the first computation nor start it before the cotangents are there.
 */
export const remat: Primitive<RematParams> = definePrimitive<RematParams>({
  name: 'remat',
  type: (ins, _, regions) => {
    const [body] = checkRegions(regions, ['body'])
    checkParameters(body!, ins)
    return resultTypes(body!)
  },
  activity: (active, _, [body], through) => through(body!, active),
  vjp: ({ b, ins, cts, needs, regions: [body], pull }) => {
    const known = cts.map(ct => ct !== null)
    const side = splitRegion({
      b,
      region: body!,
      needs,
      cts: known,
      varies: () => true,
      remat: true,
      pull,
    })
    const given = side.grads.flatMap((g, i) => (g ? [i] : []))
    if (given.length === 0) return ins.map(() => null)
    const reads = side.reads.map(v => ins[side.params.indexOf(v)]!)
    const region = { ...side.backward, name: 'body' }
    const operands = [...reads, ...cts.filter(ct => ct !== null)]
    const grads = b.applyRegions(remat, operands, { again: true }, [region])
    return ins.map((_, i) => grads[given.indexOf(i)] ?? null)
  },
  reference: (ins, _, __, [body]) => regionEvaluator(body!)(ins),
  stablehlo: (e, ins, { again }, outs, [body]) => {
    if (!again) return e.inline(body!, ins)
    // XLA's CPU compiler drops barriers before it merges equal computations; a branch stays apart.
    const certain = e.platform === 'cpu' ? opaqueTrue(e, ins) : undefined
    if (certain) {
      const work = e.region([], () => e.inline(body!, ins))
      const never = e.region([], () => outs.map(t => e.splat(t, 0)))
      return e.multi('stablehlo.if', [certain], outs, undefined, `${work}, ${never}`)
    }
    const held = e.multi(
      'stablehlo.optimization_barrier',
      ins,
      ins.map(r => r.type),
    )
    return e.inline(body!, held)
  },
  tfjs: (tf, ins, _, __, [body]) => tf.inline(body!, ins),
  jax: (ins, { again }, j) => {
    const body = j.define(j.regions[0]!, [['held', ins.length]], [])
    const operands = pyTuple(ins)
    const call = again
      ? `${body}(lax.optimization_barrier(${operands}))`
      : `jax.checkpoint(${body})(${operands})`
    return { tuple: call }
  },
  cases: [
    {
      in: ['f32[2,3]', 'f32[3]'],
      build: (b, [x, y]) => b.remat(c => [c.tanh(c.mul(c.exp(x!), y!)), c.sum(y!, [0])]),
    },
    { in: ['bf16[3]'], build: (b, [x]) => b.remat(c => [c.mul(x!, x!)]), tol: 0.03 },
    { in: ['f32[3]'], build: (b, [x]) => b.remat(c => [c.add(c.mul(c.sin(x!), x!), 1)]) },
    // A result that is an operand, and one that is given twice.
    {
      in: ['f32[0,2]', 'f32[2]'],
      build: (b, [x, y]) =>
        b.remat(c => {
          const z = c.exp(y!)
          return [z, x!, z]
        }),
    },
  ],
})

/** A bool[] that is true, which the compiler can't see: half of the bits of some float, below 2³¹. */
function opaqueTrue(e: StableHloEmitter, ins: readonly HloRef[]): HloRef | undefined {
  const x = ins.findLast(r => isFloat(r.type.dtype) && elementCount(r.type.shape) > 0)
  if (!x) return undefined
  const { dtype, shape } = x.type
  const ones = shape.map(() => 1)
  const window = `start_indices = ${i64s(shape.map(() => 0))}, limit_indices = ${i64s(ones)}, strides = ${i64s(ones)}`
  const first = shape.length > 0 ? e.op('stablehlo.slice', [x], tensor(dtype, ones), window) : x
  const scalar = e.op('stablehlo.reshape', [first], tensor(dtype, []))
  const bits = tensor('u32', [])
  const wide = e.op('stablehlo.convert', [scalar], tensor('f32', []))
  const word = e.op('stablehlo.bitcast_convert', [wide], bits)
  const half = e.op('stablehlo.shift_right_logical', [word, e.splat(bits, 1)], bits)
  return e.op(
    'stablehlo.compare',
    [half, e.splat(bits, 2 ** 31)],
    tensor('bool', []),
    compareAttributes('LT', 'UNSIGNED'),
  )
}
