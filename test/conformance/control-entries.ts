import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Builder } from '../../src/ir/builder.ts'
import type { Var } from '../../src/ir/program.ts'
import { isFloat } from '../../src/ir/types.ts'
import { foldIn, uniform } from '../../src/nn/random.ts'
import { DEFAULT_TOLERANCE, type Entry } from './table.ts'
import { caseValues, seeded } from './values.ts'

type Vars = readonly Var[]

const entry = (name: string, ins: readonly string[], build: (b: Builder, ins: Vars) => Vars): Entry => {
  const values = caseValues(ins, seeded(5, name.length))
  return {
    name,
    values,
    build,
    tol: DEFAULT_TOLERANCE,
    differentiable: values.some(v => isFloat(v.type.dtype)),
  }
}

const all = (x: Var): number[] => [...x.type.shape.keys()]
const matmul = (b: Builder, x: Var, y: Var): Var =>
  b.dotGeneral(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] })

/** A recurrent layer, as a scan: weights read from outside, each state and the last one. */
const recurrent =
  (options: { readonly remat?: boolean; readonly reverse?: boolean }) =>
  (b: Builder, [h0, xs, w, u]: Vars): Vars => {
    const { carry, ys } = b.scan(
      [h0!],
      [xs!],
      (c, [h], [x]) => {
        const next = c.tanh(c.add(matmul(c, h!, w!), matmul(c, x!, u!)))
        return { carry: [next], ys: [c.mul(next, h!)] }
      },
      options,
    )
    return [b.add(b.sum(ys[0]!, all(ys[0]!)), b.sum(carry[0]!, [0, 1])), ...ys, ...carry]
  }
const RECURRENT = ['f32[2,3]', 'f32[6,2,4]', 'f32[3,3]', 'f32[4,3]']

/** Computations with control flow: values and gradients on every backend, gradients against differences. */
export const controlEntries: readonly Entry[] = [
  entry('scan: a recurrent layer', RECURRENT, recurrent({})),
  entry('scan: a recurrent layer, backwards', RECURRENT, recurrent({ reverse: true })),
  entry('scan: a recurrent layer, steps computed again', RECURRENT, recurrent({ remat: true })),
  entry('scan: only the last state is used', RECURRENT, (b, ins) => recurrent({})(b, ins).slice(2)),
  entry('scan: only the ys are used', RECURRENT, (b, ins) => recurrent({})(b, ins).slice(1, 2)),
  entry('scan: a captured value is used outside too', ['f32[3]', 'f32[4,3]'], (b, [k, xs]) => {
    const { ys } = b.scan([k!], [xs!], (c, [s], [x]) => ({
      carry: [c.mul(s!, c.sin(k!))],
      ys: [c.add(x!, s!)],
    }))
    return [b.mul(b.exp(k!), b.sum(ys[0]!, [0])), ys[0]!]
  }),
  entry(
    'scan in a scan, reading from both outer levels',
    ['f32[2]', 'f32[3,4,2]', 'f32[2]'],
    (b, [h, xs, k]) => {
      const outer = b.scan([h!], [xs!], (c, [s], [rows]) => {
        const inner = c.scan([s!], [rows!], (d, [t], [x]) => {
          const next = d.sin(d.add(d.mul(t!, k!), d.mul(x!, s!)))
          return { carry: [next], ys: [d.exp(next)] }
        })
        return { carry: [c.tanh(inner.carry[0]!)], ys: [c.sum(inner.ys[0]!, [0])] }
      })
      return [b.add(b.sum(outer.ys[0]!, [0]), outer.carry[0]!), ...outer.ys]
    },
  ),
  entry(
    'scan in a scan, the inner computed again',
    ['f32[2]', 'f32[3,4,2]'],
    (b, [h, xs]) =>
      b.scan(
        [h!],
        [xs!],
        (c, [s], [rows]) => ({
          carry: c.scan([s!], [rows!], (d, [t], [x]) => ({ carry: [d.sin(d.mul(t!, d.exp(x!)))] }), {
            remat: true,
          }).carry,
        }),
        { remat: true },
      ).carry,
  ),
  entry('scan: integers and bools among the carries', ['f32[]', 'f32[5]'], (b, [x, xs]) => {
    const init = [x!, b.scalar('s32', 0), b.scalar('bool', 0)]
    const { carry, ys } = b.scan(init, [xs!], (c, [s, n, odd], [y]) => {
      const grown = c.mul(s!, c.add(c.convert(n!, 'f32'), y!))
      return {
        carry: [c.select(odd!, grown, c.add(s!, y!)), c.add(n!, 1), c.not(odd!)],
        ys: [n!, c.mul(grown, 0.5)],
      }
    })
    return [b.add(carry[0]!, b.sum(ys[1]!, [0])), ...carry, ...ys]
  }),
  entry('scan: a carry that nothing reads, and one that stays', ['f32[2]', 'f32[3,2]'], (b, [k, xs]) => {
    const { carry, ys } = b.scan([k!, b.zerosLike(k!)], [xs!], (c, [s], [x]) => ({
      carry: [s!, c.exp(x!)],
      ys: [c.mul(s!, x!)],
    }))
    return [b.sum(ys[0]!, [0]), ...carry]
  }),
  entry('scan: carries change places', ['f32[2]', 'f32[2]', 'f32[3,2]'], (b, [p, q, xs]) => {
    const { carry } = b.scan([p!, q!], [xs!], (c, [s, t], [x]) => ({ carry: [c.mul(t!, x!), s!] }))
    return [carry[0]!, carry[1]!]
  }),
  entry('scan: no steps, with gradients', ['f32[2]', 'f32[0,2]', 'f32[2]'], (b, [h, xs, k]) => {
    const { carry, ys } = b.scan([h!], [xs!], (c, [s], [x]) => {
      const next = c.mul(c.exp(s!), c.mul(x!, k!))
      return { carry: [next], ys: [next] }
    })
    return [b.add(b.mul(carry[0]!, k!), b.sum(ys[0]!, [0])), ...ys]
  }),
  entry('scan: a key folded in each step', ['f32[3]', 'u32[2]'], (b, [h, key]) => {
    const { carry, ys } = b.scan(
      [h!, b.scalar('u32', 0)],
      [],
      (c, [s, i]) => {
        const noise = uniform(c, foldIn(c, key!, i!), [3], -1, 1)
        return { carry: [c.mul(s!, c.add(noise, 1.5)), c.add(i!, 1)], ys: [noise] }
      },
      { length: 4 },
    )
    return [carry[0]!, ...ys]
  }),
  entry('scan: second derivatives', ['f32[2]', 'f32[3,2]'], (b, [h, xs]) => {
    const loss = (c: Builder, s: Var) =>
      c.sum(c.scan([s], [xs!], (d, [t], [x]) => ({ carry: [d.sin(d.mul(t!, x!))] })).carry[0]!, [0])
    return gradient(b, loss(b, h!), [h!])
  }),
  entry('while: the state of a loop that no gradient passes', ['f32[3]'], (b, [x]) => {
    const [n] = b.while(
      [b.scalar('s32', 0), b.stopGradient(b.sum(b.abs(x!), [0]))],
      (c, [, s]) => c.compare('GT', s!, 0.5),
      (c, [m, s]) => [c.add(m!, 1), c.mul(s!, 0.5)],
    )
    return [b.mul(x!, b.convert(n!, 'f32')), n!]
  }),
  entry('while in a scan, a scan in a while', ['f32[4]', 's32[4]'], (b, [xs, ns]) => {
    const halve = (c: Builder, y: Var) =>
      c.while(
        [y],
        (d, [z]) => d.compare('GT', z!, 0.3),
        (d, [z]) => d.scan([z!], [], (e, [v]) => ({ carry: [e.mul(v!, 0.5)] }), { length: 2 }).carry,
      )
    const { ys } = b.scan([], [b.convert(ns!, 'f32')], (c, _, [x]) => ({
      carry: [],
      ys: halve(c, c.abs(x!)),
    }))
    return [b.mul(ys[0]!, xs!)]
  }),
  entry('cond: branches that keep different values', ['f32[3]', 'f32[3]', 'f32[2,3]'], (b, [x, y, z]) =>
    [-1, 1].flatMap(sign =>
      b.cond(
        b.compare('GT', b.scalar('f32', sign), 0),
        c => [c.mul(c.tanh(c.exp(x!)), c.sin(y!))],
        c => [c.sum(c.mul(c.exp(z!), c.exp(x!)), [0])],
      ),
    ),
  ),
  entry('cond: each step of a scan chooses', ['f32[2]', 'f32[6,2]'], (b, [h, xs]) => {
    const { carry, ys } = b.scan([h!, b.scalar('s32', 0)], [xs!], (c, [s, n], [x]) => {
      const even = c.compare('EQ', c.and(n!, 1), 0)
      const next = c.cond(
        even,
        d => [d.sin(d.mul(s!, x!))],
        d => [d.add(s!, d.exp(x!))],
      )
      return { carry: [next[0]!, c.add(n!, 1)], ys: next }
    })
    return [b.add(carry[0]!, b.sum(ys[0]!, [0]))]
  }),
  entry('cond: results that no weight reaches', ['f32[3]'], (b, [x]) => {
    const [, y] = b.cond(
      b.scalar('bool', 1),
      c => [c.scalar('s32', 1), c.exp(x!)],
      c => [c.scalar('s32', 2), c.zerosLike(x!)],
    )
    return [y!]
  }),
  entry('custom_vjp in a remat in a scan', ['f32[2]', 'f32[3,2]', 'f32[2]'], (b, [h, xs, k]) => {
    const softplus = (c: Builder, v: Var) =>
      c.customVjp(
        [v],
        (d, [y]) => ({ outs: [d.log(d.add(d.exp(y!), 1))], saved: [d.logistic(y!)] }),
        (d, { cts, saved }) => [d.mul(cts[0]!, saved[0]!)],
      )[0]!
    return b.scan([h!], [xs!], (c, [s], [x]) => ({
      carry: c.remat(d => [d.mul(softplus(d, d.mul(s!, x!)), k!)]),
    })).carry
  }),
  entry('remat of a block, in a remat of two', ['f32[2,3]', 'f32[3,3]'], (b, [x, w]) => {
    const block = (c: Builder, y: Var) => c.remat(d => [d.tanh(matmul(d, d.exp(y), w!))])[0]!
    return b.remat(c => [block(c, block(c, x!))])
  }),
]
