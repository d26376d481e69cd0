import { describe, expect, it } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram, ProgramError } from '../../src/ir/check.ts'
import * as ops from '../../src/ir/ops/index.ts'
import type { Params, Primitive } from '../../src/ir/primitive.ts'
import type { Equation, Program, Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'

let ids = 0
const value = (dtype: 'f32' | 's32', shape: readonly number[]): Var => ({
  id: ids++,
  type: tensor(dtype, shape),
})

const equation = <P extends Params>(
  prim: Primitive<P>,
  ins: readonly Var[],
  outs: readonly Var[],
  params: Params = {},
  origin: string | null = 'vision',
): Equation => ({ prim: prim as unknown as Primitive<Params>, params, ins, outs, origin })

const program = (inputs: readonly Var[], equations: readonly Equation[], output: Var): Program => ({
  name: 'train',
  inputs: inputs.map((v, i) => ({ name: `x${i}`, value: v })),
  equations,
  outputs: [{ name: 'y', value: output }],
})

const fault = (p: Program): ProgramError => {
  try {
    checkProgram(p)
  } catch (e) {
    if (e instanceof ProgramError) return e
    throw e
  }
  throw new Error('the checker found nothing')
}

describe('the checker', () => {
  const [x, y, z] = [value('f32', [2, 3]), value('f32', [2, 3]), value('f32', [2, 3])]

  it('accepts a whole program', () => {
    checkProgram(program([x], [equation(ops.exp, [x], [y]), equation(ops.add, [x, y], [z])], z))
  })

  it('finds an operand that nothing defines', () => {
    const e = fault(
      program([x], [equation(ops.exp, [x], [y]), equation(ops.add, [y, value('f32', [2, 3])], [z])], z),
    )
    expect(e.origin).toBe('vision')
    expect(e.message).toMatchInlineSnapshot(`
      "program train, equation 1 (from node "vision"): operand 1, f32[2,3], is used before it is defined
        %1:f32[2,3] = exp %0:f32[2,3]  ; vision
      > %3:f32[2,3] = add %1:f32[2,3] %2:f32[2,3]  ; vision"
    `)
  })

  it('finds a use before the definition', () => {
    const e = fault(program([x], [equation(ops.exp, [y], [z]), equation(ops.exp, [x], [y])], z))
    expect(e.message).toMatchInlineSnapshot(`
      "program train, equation 0 (from node "vision"): operand 0, f32[2,3], is used before it is defined
      > %2:f32[2,3] = exp %1:f32[2,3]  ; vision
        %1:f32[2,3] = exp %0:f32[2,3]  ; vision"
    `)
  })

  it('finds a result of another type than the rule gives', () => {
    const narrow = value('f32', [2])
    const equations = [
      equation(ops.exp, [x], [y]),
      equation(ops.tanh, [y], [z]),
      equation(ops.reduceSum, [z], [narrow], { axes: [0] }, 'text'),
    ]
    const e = fault(program([x], equations, narrow))
    expect(e.origin).toBe('text')
    expect(e.message).toMatchInlineSnapshot(`
      "program train, equation 2 (from node "text"): result 0 is f32[2], its rule says f32[3]
        %1:f32[2,3] = exp %0:f32[2,3]  ; vision
        %2:f32[2,3] = tanh %1:f32[2,3]  ; vision
      > %3:f32[2] = reduce_sum{axes=[0]} %2:f32[2,3]  ; text"
    `)
  })

  it('finds operands that the rule refuses', () => {
    const wide = value('f32', [2, 4])
    const e = fault(program([x, wide], [equation(ops.add, [x, wide], [y])], y))
    expect(e.message).toMatchInlineSnapshot(`
      "program train, equation 0 (from node "vision"): shapes differ: f32[2,3] and f32[2,4]
      > %2:f32[2,3] = add %0:f32[2,3] %1:f32[2,4]  ; vision"
    `)
  })

  it('finds a missing and a surplus operand', () => {
    expect(fault(program([x], [equation(ops.add, [x], [y])], y)).message).toMatchInlineSnapshot(`
      "program train, equation 0 (from node "vision"): takes 2 operands, got 1
      > %1:f32[2,3] = add %0:f32[2,3]  ; vision"
    `)
    expect(fault(program([x], [equation(ops.exp, [x, x], [y])], y)).message).toMatchInlineSnapshot(`
      "program train, equation 0 (from node "vision"): takes 1 operand, got 2
      > %1:f32[2,3] = exp %0:f32[2,3] %0:f32[2,3]  ; vision"
    `)
  })

  it('finds a wrong number of results', () => {
    expect(fault(program([x], [equation(ops.exp, [x], [y, z])], z)).message).toMatchInlineSnapshot(`
      "program train, equation 0 (from node "vision"): its rule gives 1 results, it has 2
      > %1:f32[2,3] %2:f32[2,3] = exp %0:f32[2,3]  ; vision"
    `)
  })

  it('finds a value that is defined twice', () => {
    const e = fault(program([x], [equation(ops.exp, [x], [y]), equation(ops.tanh, [x], [y], {}, null)], y))
    expect(e.origin).toBeNull()
    expect(e.message).toMatchInlineSnapshot(`
      "program train, equation 1: result 0, f32[2,3], is defined twice
        %1:f32[2,3] = exp %0:f32[2,3]  ; vision
      > %1:f32[2,3] = tanh %0:f32[2,3]"
    `)
    expect(fault(program([x, x], [], x)).message).toMatchInlineSnapshot(
      `"program train: input "x1" is the same value as another"`,
    )
  })

  it('finds two inputs or outputs of one name', () => {
    const p = program([x, y], [], x)
    const twins = p.inputs.map(i => ({ ...i, name: 'image' }))
    expect(fault({ ...p, inputs: twins }).message).toMatchInlineSnapshot(
      `"program train: two inputs are named "image""`,
    )
    expect(fault({ ...p, outputs: [...p.outputs, ...p.outputs] }).message).toMatchInlineSnapshot(
      `"program train: two outputs are named "y""`,
    )
  })

  it('finds an output that nothing computes', () => {
    expect(fault(program([x], [], z)).message).toMatchInlineSnapshot(
      `"program train: output "y" is never computed"`,
    )
  })

  it('accepts what the builder makes', () => {
    const b = new Builder()
    b.output('y', b.add(b.input('x', tensor('f32', [3])), 1))
    checkProgram(b.finish('p'))
  })

  // Equations that were found right are not looked at again by themselves, their places are.
  it('refuses equations that it has seen before in another order, and others like them', () => {
    const [x, y, z] = [value('f32', [2]), value('f32', [2]), value('f32', [2])]
    const [first, second] = [equation(ops.tanh, [x], [y]), equation(ops.exp, [y], [z])]
    checkProgram(program([x], [first, second], z))
    expect(fault(program([x], [second, first], z)).message).toContain('used before it is defined')
    expect(fault(program([x], [first, second, second], z)).message).toContain('defined twice')
    const wrong = { ...second, outs: [value('f32', [3])] }
    expect(fault(program([x], [first, wrong], wrong.outs[0]!)).message).toContain('its rule says f32[2]')
  })
})
