import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { BuildError, Builder } from '../../src/ir/builder.ts'
import { checkProgram, ProgramError } from '../../src/ir/check.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from '../../src/ir/program.ts'
import { refTensor } from '../../src/ir/reference.ts'
import { tensor } from '../../src/ir/types.ts'
import { foldIn, uniform } from '../../src/nn/random.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { expectSame, F, F2, F32, programOf, run, slice, step } from './control-kit.ts'

describe('against unrolled programs', () => {
  it('a scan: each order, kept or computed again', () => {
    for (const reverse of [false, true])
      for (const remat of [false, true]) {
        const looped = programOf({ h: F2, xs: F32, w: F2 }, (b, h, xs, w) => {
          const body = (c: Builder, [s]: readonly Var[], [x]: readonly Var[]) => {
            const next = step(c, s!, x!, w!)
            return { carry: [next], ys: [c.mul(next, x!)] }
          }
          const { carry, ys } = b.scan([h!], [xs!], body, { reverse, remat })
          return [b.add(carry[0]!, b.sum(ys[0]!, [0])), ...ys]
        })
        const unrolled = programOf({ h: F2, xs: F32, w: F2 }, (b, h, xs, w) => {
          const ys: Var[] = []
          let s = h!
          for (const t of reverse ? [2, 1, 0] : [0, 1, 2]) {
            const x = slice(b, xs!, t)
            s = step(b, s, x, w!)
            ys[t] = b.reshape(b.mul(s, x), [1, 2])
          }
          const stack = b.concatenate(ys, 0)
          return [b.add(s, b.sum(stack, [0])), stack]
        })
        expectSame(looped, unrolled)
      }
  })

  it('a conditional: both branches', () => {
    for (const value of [0, 1]) {
      const yes = (b: Builder, x: Var, y: Var) => b.mul(b.tanh(x), y)
      const no = (b: Builder, _: Var, y: Var) => b.exp(y)
      const chosen = programOf({ x: F2, y: F2 }, (b, x, y) => [
        ...b.cond(
          b.scalar('bool', value),
          c => [yes(c, x!, y!)],
          c => [no(c, x!, y!)],
        ),
      ])
      expectSame(
        chosen,
        programOf({ x: F2, y: F2 }, (b, x, y) => [(value ? yes : no)(b, x!, y!)]),
      )
    }
  })

  it('a remat, and the random bits of keys in a loop', () => {
    const plain = (b: Builder, x: Var, w: Var) => b.sin(b.mul(b.exp(x), w))
    expectSame(
      programOf({ x: F2, w: F2 }, (b, x, w) => [...b.remat(c => [plain(c, x!, w!)])]),
      programOf({ x: F2, w: F2 }, (b, x, w) => [plain(b, x!, w!)]),
    )
    const noise = (b: Builder, key: Var, i: Var) => uniform(b, foldIn(b, key, i), [2])
    const key = (b: Builder) => b.constant(tensor('u32', [2]), [7, 9])
    const ids = (b: Builder) => b.iota('u32', [3], 0)
    expectSame(
      programOf({ x: F2 }, (b, x) => {
        const k = key(b)
        const { ys } = b.scan([], [ids(b)], (c, _, [i]) => ({ carry: [], ys: [c.mul(noise(c, k, i!), x!)] }))
        return [...ys]
      }),
      programOf({ x: F2 }, (b, x) => [
        b.concatenate(
          [0, 1, 2].map(t => b.reshape(b.mul(noise(b, key(b), slice(b, ids(b), t)), x!), [1, 2])),
          0,
        ),
      ]),
    )
  })

  it('two gradients of one scan, and the gradient of a gradient', () => {
    const loop = (b: Builder, h: Var, xs: Var) =>
      b.scan([h], [xs], (c, [s], [x]) => ({ carry: [c.sin(c.mul(s!, x!))] })).carry[0]!
    const flat = (b: Builder, h: Var, xs: Var) =>
      [0, 1, 2].reduce((s, t) => b.sin(b.mul(s, slice(b, xs, t))), h)
    const twice = (f: typeof loop) =>
      programOf({ h: F2, xs: F32 }, (b, h, xs) => {
        const y = f(b, h!, xs!)
        const [g] = gradient(b, b.sum(y, [0]), [h!])
        const [gx] = gradient(b, b.sum(b.mul(y, y), [0]), [xs!])
        return [b.mul(g!, g!), gx!]
      })
    expectSame(twice(loop), twice(flat))
  })

  it('a gradient taken inside a loop: two steps of descent on x² + kx', () => {
    const f = (b: Builder, x: Var, k: Var) => b.sum(b.add(b.mul(x, x), b.mul(x, k)), [0])
    const descend = (b: Builder, x: Var, k: Var) => b.sub(x, b.mul(gradient(b, f(b, x, k), [x])[0]!, 0.1))
    expectSame(
      programOf({ x: F2, k: F2 }, (b, x, k) => [
        b.scan([x!], [], (c, [s]) => ({ carry: [descend(c, s!, k!)] }), { length: 2 }).carry[0]!,
      ]),
      programOf({ x: F2, k: F2 }, (b, x, k) => [descend(b, descend(b, x!, k!), k!)]),
    )
    // With respect to a value from outside, too.
    const p = programOf({ k: F2 }, (b, k) => [
      b.scan(
        [b.zerosLike(k!)],
        [],
        (c, [s]) => ({ carry: [c.add(s!, gradient(c, f(c, k!, k!), [k!])[0]!)] }),
        {
          length: 3,
        },
      ).carry[0]!,
    ])
    const [y] = evaluate(p, [refTensor(F2, [1, -2])])
    expect([...y!.data]).toEqual([12, -24])
  })
})

describe('activity', () => {
  it('only carries that vary smoothly have cotangents, and only values that are read are kept', () => {
    const p = programOf({ h: F2, xs: F32 }, (b, h, xs) => {
      const init = [h!, b.scalar('s32', 0), b.zerosLike(h!)]
      const { carry } = b.scan(init, [xs!], (c, [s, n, idle], [x]) => ({
        carry: [c.mul(s!, c.add(x!, 1)), c.add(n!, 1), c.add(idle!, 1)],
        ys: [c.exp(s!)],
      }))
      return [carry[0]!, carry[1]!, carry[2]!]
    })
    const back = p.equations.filter(eq => eq.prim.name === 'scan')[1]!
    expect(back.params).toMatchObject({ carries: 1, reverse: true })
  })

  it('a frozen value inside a loop gets no gradient and builds none', () => {
    const p = programOf({ h: F2, xs: F32 }, (b, h, xs) => [
      b.scan([h!], [xs!], (c, [s], [x]) => ({ carry: [c.mul(s!, c.stopGradient(c.exp(x!)))] })).carry[0]!,
    ])
    const back = p.equations.filter(eq => eq.prim.name === 'scan')[1]!
    expect(back.outs).toHaveLength(1)
    expect([...run(p).at(-1)!.data].every(v => v === 0)).toBe(true)
  })

  it('a while has no reverse, says so, and lets gradients pass beside it', () => {
    const loop = (b: Builder, x: Var) =>
      b.while(
        [x, b.scalar('s32', 0)],
        (c, [, n]) => c.compare('LT', n!, 3),
        (c, [y, n]) => [c.mul(y!, 2), c.add(n!, 1)],
      )
    expect(() =>
      programOf({ x: F }, (b, x) => [b.at('sampler', () => loop(b, x!)[0]!)]),
    ).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: the loss depends on a trained weight through "while", which has no derivative: how many steps it takes is only known as it runs, so there is no place to keep what going back needs (a scan has a fixed length and can be differentiated). Put a stop-gradient before it or compute it from frozen values.]`,
    )
    const p = programOf({ x: F }, (b, x) => [b.mul(x!, b.convert(loop(b, x!)[1]!, 'f32'))])
    expect(run(p)[1]!.data[0]).toBe(3)
  })

  it('a custom rule refuses to lose the gradient of a value from outside', () => {
    const build = (b: Builder, x: Var, w: Var) =>
      b.customVjp(
        [x],
        (c, [y]) => ({ outs: [c.mul(y!, w)] }),
        (c, { cts }) => [c.mul(cts[0]!, w)],
      )
    expect(() =>
      programOf({ x: F, w: F }, (b, x, w) => [...build(b, x!, w!)]),
    ).toThrowErrorMatchingInlineSnapshot(
      `[BuildError: gradient of custom_vjp: its regions read a value from outside that needs a gradient, which its rule does not give: make it an argument, or put a stop-gradient before it]`,
    )
    const p = programOf({ x: F, w: F }, (b, x, w) => [...build(b, x!, b.stopGradient(w!))])
    expect(run(p)[2]!.data[0]).toBe(0)
  })
})

describe('refusals', () => {
  const refusal = (f: (b: Builder, x: Var, xs: Var) => unknown): string => {
    const b = new Builder()
    try {
      f(b, b.input('x', F2), b.input('xs', F32))
    } catch (e) {
      if (e instanceof BuildError) return e.message
      throw e
    }
    throw new Error('nothing was refused')
  }

  it('of the builder', () => {
    const shown = [
      refusal((b, x, xs) => b.scan([x], [xs], (c, [s]) => ({ carry: [c.sum(s!, [0])] }))),
      refusal((b, x, xs) => b.scan([x], [xs], () => ({ carry: [] }))),
      refusal((b, x, xs) => b.scan([x], [xs, x], (_, [s]) => ({ carry: [s!] }))),
      refusal((b, x) => b.scan([x], [], (_, [s]) => ({ carry: [s!] }))),
      refusal((b, x) => b.scan([x], [b.scalar('f32', 1)], (_, [s]) => ({ carry: [s!] }))),
      refusal((b, x) => b.scan([x], [], (_, [s]) => ({ carry: [s!] }), { length: -1 })),
      refusal((b, x) =>
        b.while(
          [x],
          (c, [s]) => c.compare('LT', s!, 1),
          (_, [s]) => [s!],
        ),
      ),
      refusal((b, x) =>
        b.while(
          [x],
          c => c.scalar('bool', 0),
          () => [],
        ),
      ),
      refusal((b, x) =>
        b.cond(
          x,
          () => [x],
          () => [x],
        ),
      ),
      refusal((b, x, xs) =>
        b.cond(
          b.scalar('bool', 1),
          () => [x],
          () => [xs],
        ),
      ),
      refusal((b, x, xs) =>
        b.customVjp(
          [x],
          (c, [y]) => ({ outs: [c.exp(y!)] }),
          () => [xs],
        ),
      ),
      refusal((b, x) =>
        b.customVjp(
          [x],
          (c, [y]) => ({ outs: [c.exp(y!)] }),
          () => [],
        ),
      ),
      refusal((b, x, xs) => b.scan([x], [xs], (_, [s], [r]) => ({ carry: [b.add(s!, r!)] }))),
    ]
    expect(shown.join('\n')).toMatchInlineSnapshot(`
      "scan(f32[2], f32[3,2]): carry 0 is f32[2], the body makes it f32[]
      the body of a scan gives 0 of 1 carries
      scan(f32[2], f32[3,2], f32[2]): f32[2] has no 3 slices along its first axis
      a scan without xs needs a length
      a scan has no axis to go along in f32[]
      scan(f32[2]): -1 is not a number of steps
      while(f32[2]): the condition must give bool[], got bool[2]
      while(f32[2]): the body gives 0 of 1 carries
      cond(f32[2], f32[2]): the condition must be bool[], got f32[2]
      cond(bool[], f32[2], f32[3,2]): the branches give different types: (f32[2]) and (f32[3,2])
      custom_vjp(f32[2], f32[3,2]): the backward gives (f32[3,2]) for the cotangents of arguments of types (f32[2])
      the backward of a custom_vjp gives 0 cotangents for 1 arguments
      a value f32[2] belongs to another builder or to a region: inside a region, use the builder that the callback was given, and return what is needed outside"
    `)
  })

  const looped = (): Program =>
    programOf(
      { h: F2, xs: F32 },
      (b, h, xs) => [
        b.at(
          'rnn',
          () => b.scan([h!], [xs!], (c, [s], [x]) => ({ carry: [c.exp(c.mul(s!, x!))] })).carry[0]!,
        ),
      ],
      false,
    )
  const withBody = (change: (r: Region) => Region): Program => {
    const p = looped()
    return { ...p, equations: p.equations.map(eq => ({ ...eq, regions: regionsOf(eq).map(change) })) }
  }
  const fault = (p: Program): string => {
    try {
      checkProgram(p)
    } catch (e) {
      if (e instanceof ProgramError) return e.message
      throw e
    }
    throw new Error('the checker found nothing')
  }

  it('of the checker, which prints the region', () => {
    const stray: Var = { id: 99, type: F2 }
    const faults = [
      fault(
        withBody(r => ({
          ...r,
          equations: r.equations.map(
            (eq): Equation => ({ ...eq, ins: eq.ins.map((v, k) => (k === 1 ? stray : v)) }),
          ),
        })),
      ),
      fault(withBody(r => ({ ...r, results: [stray] }))),
      fault(withBody(r => ({ ...r, params: [r.params[0]!, r.params[0]!] }))),
      fault(withBody(r => ({ ...r, results: [] }))),
      fault(withBody(r => ({ ...r, name: 'cond' }))),
    ]
    expect(faults.join('\n\n')).toMatchInlineSnapshot(`
      "program p, equation 0, body of scan, equation 0 (from node "rnn"): operand 1, f32[2], is used before it is defined
      body(%0:f32[2], %1:f32[2])
      > %3:f32[2] = mul %0:f32[2] %2:f32[2]  ; rnn
        %4:f32[2] = exp %3:f32[2]  ; rnn

      program p, equation 0, body of scan: result 0, f32[2], is never computed

      program p, equation 0, body of scan: a parameter stands twice in body(%0:f32[2], %0:f32[2])

      program p, equation 0 (from node "rnn"): the body gives 0 of 1 carries
      > %2:f32[2] = scan{carries=1 xs=1 length=3 reverse=false remat=false} %0:f32[2] %1:f32[3,2]  ; rnn
          body(%3:f32[2], %4:f32[2]) {
            %5:f32[2] = mul %3:f32[2] %4:f32[2]  ; rnn
            %6:f32[2] = exp %5:f32[2]  ; rnn
            return
          }

      program p, equation 0 (from node "rnn"): needs the regions body, got cond
      > %2:f32[2] = scan{carries=1 xs=1 length=3 reverse=false remat=false} %0:f32[2] %1:f32[3,2]  ; rnn
          cond(%3:f32[2], %4:f32[2]) {
            %5:f32[2] = mul %3:f32[2] %4:f32[2]  ; rnn
            %6:f32[2] = exp %5:f32[2]  ; rnn
            return %6
          }"
    `)
  })
})

it('a long scan and its gradient: 10,000 steps of h ← h(1 - ε) + x, in the reference', () => {
  const n = 10_000
  for (const remat of [false, true]) {
    const p = programOf({ h: F, xs: tensor('f32', [n]) }, (b, h, xs) => [
      b.scan([h!], [xs!], (c, [s], [x]) => ({ carry: [c.add(c.mul(s!, 0.999), x!)] }), { remat }).carry[0]!,
    ])
    const [, dh, dxs] = run(p)
    expect(dh!.data[0]).toBeCloseTo(0.999 ** n, 12)
    expect(dxs!.data[0]).toBeCloseTo(0.999 ** (n - 1), 12)
    expect(dxs!.data[n - 1]).toBe(1)
  }
})

it('many nested and unrolled regions do not overflow the stack', () => {
  const p = programOf({ x: F2 }, (b, x) => {
    let y = x!
    for (let i = 0; i < 3000; i++) y = b.remat(c => [c.sin(c.mul(y, 0.9))])[0]!
    return [y]
  })
  expect(run(p)[1]!.data.every(Number.isFinite)).toBe(true)
})
