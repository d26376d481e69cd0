import { scanVjp } from '../autodiff/scan.ts'
import { regionEvaluator } from '../evaluate.ts'
import {
  definePrimitive,
  type HloRef,
  type StableHloEmitter,
  type TfjsEmitter,
  type TfjsRef,
  TypeFault,
} from '../primitive.ts'
import { type RefTensor, refZeros } from '../reference.ts'
import { elementCount, showType, type TensorType, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { checkCarries, checkParameters, checkRegions, loopActivity, resultTypes } from './regions.ts'
import { compareAttributes, i64s } from './rules.ts'

export type ScanParams = {
  readonly carries: number
  readonly xs: number
  readonly length: number
  readonly reverse: boolean
  readonly remat: boolean
}

const row = (x: TensorType): TensorType => tensor(x.dtype, x.shape.slice(1))
const stacked = (y: TensorType, length: number): TensorType => tensor(y.dtype, [length, ...y.shape])

/**
 * A loop of a fixed number of steps along the first axis of `xs`. Operands: the first carries, the xs, and
 * what the body reads from outside. body (carries, a slice of each x, outside) gives the next carries and
 * a slice of each y. Results: the last carries and the stacked ys. With `reverse` it goes from the last
 * slice to the first; with `remat`, reverse mode keeps only the carries of each step.
 */
export const scan = definePrimitive<ScanParams>({
  name: 'scan',
  type: (ins, { carries, xs, length }, regions) => {
    const [body] = checkRegions(regions, ['body'])
    if (!Number.isSafeInteger(length) || length < 0 || length >= 2 ** 31)
      throw new TypeFault(`${length} is not a number of steps`)
    const along = ins.slice(carries, carries + xs)
    const odd = along.find(x => x.shape[0] !== length)
    if (odd) throw new TypeFault(`${showType(odd)} has no ${length} slices along its first axis`)
    checkParameters(body!, [...ins.slice(0, carries), ...along.map(row), ...ins.slice(carries + xs)])
    checkCarries(body!, ins.slice(0, carries))
    const types = resultTypes(body!)
    return [...types.slice(0, carries), ...types.slice(carries).map(t => stacked(t, length))]
  },
  vjp: scanVjp,
  activity: (active, { carries }, regions, through) =>
    loopActivity(regions[0]!, carries, active, through).results,
  reference: (ins, { carries, xs, length, reverse }, outs, [body]) => {
    const step = regionEvaluator(body!)
    const along = ins.slice(carries, carries + xs)
    const outside = ins.slice(carries + xs)
    const ys = outs.slice(carries).map(refZeros)
    let state = ins.slice(0, carries)
    for (let t = 0; t < length; t++) {
      const at = reverse ? length - 1 - t : t
      const results = step([...state, ...along.map(x => sliceAt(x, at)), ...outside])
      state = results.slice(0, carries)
      ys.forEach((y, i) => {
        const part = results[carries + i]!.data
        y.data.set(part, at * part.length)
      })
    }
    return [...state, ...ys]
  },
  stablehlo: (e, ins, { carries, xs, length, reverse }, outs, [body]) => {
    const init = ins.slice(0, carries)
    const empty = outs.slice(carries).map(t => e.splat(t, 0))
    if (length === 0) return [...init, ...empty]
    const along = ins.slice(carries, carries + xs)
    const outside = ins.slice(carries + xs)
    const count = tensor('s32', [])
    const types = [count, ...outs]
    const test = e.region(types, ([i]) => [
      e.op(
        'stablehlo.compare',
        [i!, e.splat(count, length)],
        tensor('bool', []),
        compareAttributes('LT', 'SIGNED'),
      ),
    ])
    const step = e.region(types, ([i, ...state]) => {
      const next = e.op('stablehlo.add', [i!, e.splat(count, 1)], count)
      const at = reverse ? e.op('stablehlo.subtract', [e.splat(count, length - 1), i!], count) : i!
      const results = e.inline(body!, [
        ...state.slice(0, carries),
        ...along.map(x => readRow(e, x, at)),
        ...outside,
      ])
      const ys = results.slice(carries).map((y, k) => writeRow(e, state[carries + k]!, y, at))
      return [next, ...results.slice(0, carries), ...ys]
    })
    const start = [e.splat(count, 0), ...init, ...empty]
    return e.multi('stablehlo.while', start, types, undefined, `${test}, ${step}`).slice(1)
  },
  tfjs: (tf, ins, { carries, xs, length, reverse }, outs, [body]) => {
    const along = ins.slice(carries, carries + xs)
    const outside = ins.slice(carries + xs)
    const ys: TfjsRef[][] = outs.slice(carries).map(() => new Array<TfjsRef>(length))
    let state = ins.slice(0, carries)
    for (let t = 0; t < length; t++) {
      const at = reverse ? length - 1 - t : t
      const results = tf.step(state, () =>
        tf.inline(body!, [...state, ...along.map(x => rowAt(tf, x, at)), ...outside]),
      )
      state = results.slice(0, carries)
      for (const [i, y] of ys.entries()) y[at] = results[carries + i]!
    }
    return [...state, ...ys.map((y, i) => stack(tf, y, outs[carries + i]!))]
  },
  jax: (ins, { carries, xs, length, reverse, remat }, j) => {
    const groups = [carries, j.outs.length - carries]
    const given = ins.slice(carries + xs)
    const body = j.define(
      j.regions[0]!,
      [
        ['carry', carries],
        ['x', xs],
      ],
      given,
      groups,
    )
    const step = remat ? `jax.checkpoint(${body})` : body
    const along = xs > 0 ? pyTuple(ins.slice(carries, carries + xs)) : 'None'
    const backwards = reverse ? ', reverse=True' : ''
    const init = pyTuple(ins.slice(0, carries))
    return { tuple: `lax.scan(${step}, ${init}, ${along}, length=${length}${backwards})`, groups }
  },
  cases: [
    {
      // A recurrent layer: h' = tanh(h·u + x), giving each h' and the last.
      in: ['f32[3]', 'f32[5,3]', 'f32[3]'],
      build: (b, [h, xs, u]) => {
        const { carry, ys } = b.scan([h!], [xs!], (c, [s], [x]) => {
          const next = c.tanh(c.add(c.mul(s!, u!), x!))
          return { carry: [next], ys: [next] }
        })
        return [...ys, ...carry]
      },
    },
    {
      // Backwards, with the steps computed again, and an integer that counts.
      in: ['f32[2]', 'f32[4,2]'],
      build: (b, [h, xs]) => {
        const { carry, ys } = b.scan(
          [h!, b.scalar('s32', 0)],
          [xs!],
          (c, [s, n], [x]) => ({
            carry: [c.mul(c.sin(s!), c.add(x!, c.convert(n!, 'f32'))), c.add(n!, 1)],
            ys: [n!, c.exp(s!)],
          }),
          { reverse: true, remat: true },
        )
        return [...carry, ...ys]
      },
    },
    {
      // No xs: a power.
      in: ['f32[]'],
      build: (b, [x]) =>
        b.scan([b.onesLike(x!)], [], (c, [p]) => ({ carry: [c.mul(p!, x!)] }), { length: 5 }).carry,
    },
    {
      // No carry: a map.
      in: ['f32[4,2]'],
      build: (b, [xs]) => b.scan([], [xs!], (c, _, [x]) => ({ carry: [], ys: [c.exp(x!)] })).ys,
    },
    {
      // No steps.
      in: ['f32[2]', 'f32[0,2]'],
      build: (b, [h, xs]) => {
        const { carry, ys } = b.scan([h!], [xs!], (c, [s], [x]) => ({
          carry: [c.mul(s!, x!)],
          ys: [c.exp(s!)],
        }))
        return [...carry, ...ys]
      },
    },
    {
      in: ['bf16[2]', { type: 'bf16[3,2]', range: [0.5, 1] }],
      build: (b, [h, xs]) => b.scan([h!], [xs!], (c, [s], [x]) => ({ carry: [c.mul(s!, x!)] })).carry,
      tol: 0.03,
    },
  ],
})

function sliceAt(x: RefTensor, at: number): RefTensor {
  const type = row(x.type)
  const size = elementCount(type.shape)
  return { type, data: x.data.subarray(at * size, (at + 1) * size) }
}

const startsOf = (e: StableHloEmitter, x: TensorType, at: HloRef): HloRef[] =>
  x.shape.map((_, i) => (i === 0 ? at : e.splat(at.type, 0)))

function readRow(e: StableHloEmitter, x: HloRef, at: HloRef): HloRef {
  const one = tensor(x.type.dtype, [1, ...x.type.shape.slice(1)])
  const cut = e.op(
    'stablehlo.dynamic_slice',
    [x, ...startsOf(e, x.type, at)],
    one,
    `slice_sizes = ${i64s(one.shape)}`,
  )
  return e.op('stablehlo.reshape', [cut], row(x.type))
}

function writeRow(e: StableHloEmitter, y: HloRef, part: HloRef, at: HloRef): HloRef {
  const one = e.op('stablehlo.reshape', [part], tensor(part.type.dtype, [1, ...part.type.shape]))
  return e.op('stablehlo.dynamic_update_slice', [y, one, ...startsOf(e, y.type, at)], y.type)
}

function rowAt(tf: TfjsEmitter, x: TfjsRef, at: number): TfjsRef {
  const { shape } = x.type
  const part = row(x.type)
  if (elementCount(part.shape) === 0) return tf.constant(part, [])
  const start = shape.map((_, i) => (i === 0 ? at : 0))
  return tf.reshape(tf.slice(x, start, [1, ...part.shape]), part.shape)
}

function stack(tf: TfjsEmitter, parts: readonly TfjsRef[], out: TensorType): TfjsRef {
  if (elementCount(out.shape) === 0) return tf.constant(out, [])
  const rows = parts.map(y => tf.reshape(y, [1, ...y.type.shape]))
  return tf.concatenate(rows, 0)
}
