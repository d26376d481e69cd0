import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import {
  type FiniteFlags,
  finiteFlags,
  firstNonFinite,
  inputFlags,
} from '../../src/ir/passes/finite-flags.ts'
import { printProgram } from '../../src/ir/print.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'

function programOf(build: (b: Builder) => Readonly<Record<string, Var>>): Program {
  const b = new Builder()
  for (const [name, v] of Object.entries(build(b))) b.output(name, v)
  return b.finish('p')
}

/** The values of a program that are not finite, called with these. */
function badOf(program: Program, flags: FiniteFlags, args: readonly (readonly number[])[]): Set<Var> {
  const given = args.map((data, i) => ({
    type: program.inputs[i]!.value.type,
    data: Float64Array.from(data),
  }))
  const [result] = evaluate(flags.program, given)
  return new Set(flags.watched.filter((_, i) => result!.data[i] === 0))
}

/** Where the outputs of these names come from, in words. */
function source(program: Program, args: readonly (readonly number[])[], ...names: string[]) {
  const targets = program.outputs.filter(o => names.includes(o.name)).map(o => o.value)
  const found = firstNonFinite(program, badOf(program, finiteFlags(program, targets), args), targets)
  if (!found) return undefined
  if ('input' in found) return `input ${found.input.name}`
  return `${found.equation.prim.name} of ${found.equation.origin}, from ${found.finite ? 'finite' : 'other'} operands`
}

const outputsOf = (program: Program) => program.outputs.map(o => o.value)
const vector = (b: Builder, name: string) => b.input(name, tensor('f32', [2]))

describe('the flags of a program', () => {
  it('are one for each float that it takes or computes, in its order', () => {
    const program = programOf(b => {
      const [x, i] = [vector(b, 'x'), b.input('i', tensor('s32', []))]
      const y = b.at('node', () => b.log(x))
      return { y: b.sum(y, [0]), i: b.add(i, 1) }
    })
    expect(
      printProgram(finiteFlags(program, outputsOf(program)).program, { origins: true }),
    ).toMatchInlineSnapshot(`
      "program p_finite(%0:f32[2] x, %1:s32[] i) {
        %2:f32[2] = log %0  ; node
        %3:f32[] = reduce_sum{axes=[0]} %2
        %4:f32[2] = abs %0
        %5:f32[] = constant{values=[3.4028234663852886e+38]}
        %6:f32[2] = broadcast{shape=[2] dims=[]} %5
        %7:bool[2] = compare{direction=LE} %4 %6
        %8:bool[] = reduce_and{axes=[0]} %7
        %9:bool[1] = reshape{shape=[1]} %8
        %10:f32[2] = abs %2
        %11:f32[2] = broadcast{shape=[2] dims=[]} %5
        %12:bool[2] = compare{direction=LE} %10 %11
        %13:bool[] = reduce_and{axes=[0]} %12
        %14:bool[1] = reshape{shape=[1]} %13
        %15:f32[] = abs %3
        %16:bool[] = compare{direction=LE} %15 %5
        %17:bool[1] = reshape{shape=[1]} %16
        %18:bool[3] = concatenate{axis=0} %9 %14 %17
        return finite=%18
      }
      "
    `)
    expect(printProgram(inputFlags(program).program)).toMatchInlineSnapshot(`
      "program p_finite(%0:f32[2] x, %1:s32[] i) {
        %2:f32[2] = abs %0
        %3:f32[] = constant{values=[3.4028234663852886e+38]}
        %4:f32[2] = broadcast{shape=[2] dims=[]} %3
        %5:bool[2] = compare{direction=LE} %2 %4
        %6:bool[] = reduce_and{axes=[0]} %5
        %7:bool[1] = reshape{shape=[1]} %6
        return finite=%7
      }
      "
    `)
  })

  it('are false for NaN and infinities, and for what a float32 can not hold', () => {
    const program = programOf(b => ({ y: b.mul(vector(b, 'x'), 1) }))
    const bad = (x: readonly number[]) =>
      badOf(program, finiteFlags(program, outputsOf(program)), [x]).size > 0
    expect(bad([3.4e38, -3.4e38])).toBe(false)
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.5e38])
      expect(bad([0, x])).toBe(true)
  })

  it('of very many values are joined in groups', () => {
    const program = programOf(b => {
      let x = vector(b, 'x')
      for (let i = 0; i < 200; i++) x = b.tanh(x)
      return { x }
    })
    const flags = finiteFlags(program, outputsOf(program))
    expect(flags.watched).toHaveLength(201)
    expect(flags.program.outputs[0]!.value.type.shape).toEqual([201])
    expect(badOf(program, flags, [[1, Number.NaN]]).size).toBe(201)
  })
})

describe('the first value that is not finite', () => {
  const chain = programOf(b => {
    const [x, w] = [vector(b, 'x'), vector(b, 'w')]
    const first = b.at('first', () => b.log(b.mul(x, w)))
    const second = b.at('second', () => b.exp(b.sub(first, 1)))
    const aside = b.at('aside', () => b.log(b.sub(x, 5)))
    return { y: b.sum(second, [0]), aside }
  })

  it('is the one with finite operands, on the way to what went wrong', () => {
    expect(
      source(
        chain,
        [
          [1, 2],
          [1, 1],
        ],
        'y',
      ),
    ).toBeUndefined()
    expect(
      source(
        chain,
        [
          [1, -2],
          [1, 1],
        ],
        'y',
      ),
    ).toBe('log of first, from finite operands')
    expect(
      source(
        chain,
        [
          [1, 2],
          [1, 1],
        ],
        'aside',
      ),
    ).toBe('log of aside, from finite operands')
  })

  it('is an input, where the program was called with it', () => {
    expect(
      source(
        chain,
        [
          [1, 2],
          [1, Number.NaN],
        ],
        'y',
      ),
    ).toBe('input w')
  })

  it('is in the gradient, where the loss itself is finite', () => {
    const program = programOf(b => {
      const w = vector(b, 'w')
      const loss = b.at('root', () => b.sum(b.sqrt(b.mul(w, 0)), [0]))
      return { loss, grad: gradient(b, loss, [w])[0]! }
    })
    expect(source(program, [[1, 1]], 'loss')).toBeUndefined()
    expect(source(program, [[1, 1]], 'grad')).toMatch(/of root, from finite operands/)
  })

  it('is what uses a constant that is not finite, not the constant', () => {
    const program = programOf(b => {
      const x = vector(b, 'x')
      const masked = b.at('mask', () => b.select(b.compare('GT', x, 0), x, Number.NEGATIVE_INFINITY))
      return { y: b.sub(masked, b.reduceMax(masked, [0])) }
    })
    expect(source(program, [[-1, -2]], 'y')).toMatch(/of mask, from other operands/)
  })

  it('is not looked for in what only rearranges it', () => {
    const program = programOf(b => {
      const y = b.at('node', () => b.log(vector(b, 'x')))
      const z = b.at('after', () => b.exp(b.neg(b.transpose(b.broadcast(y, [3, 2], [1]), [1, 0]))))
      return { z: b.sum(z, [0, 1]) }
    })
    expect(finiteFlags(program, outputsOf(program)).watched).toHaveLength(4)
    expect(source(program, [[-1, 1]], 'z')).toBe('log of node, from finite operands')
    const negated = programOf(b => ({ z: b.neg(b.reverse(vector(b, 'x'), [0])) }))
    expect(source(negated, [[1, Number.NaN]], 'z')).toBe('input x')
  })

  it('is a control-flow equation as a whole', () => {
    const program = programOf(b => {
      const x = vector(b, 'x')
      const y = b.at('loop', () => b.remat(c => [c.log(x)])[0]!)
      return { y }
    })
    expect(source(program, [[-1, 1]], 'y')).toBe('remat of loop, from finite operands')
  })
})
