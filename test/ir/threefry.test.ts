import { describe, expect, it } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { threefry } from '../../src/ir/threefry.ts'
import { tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'

/** Known answers of Threefry-2x32-20 from the Random123 library, which JAX tests against too. */
const KNOWN: readonly (readonly [
  key: readonly [number, number],
  counter: readonly [number, number],
  bits: readonly [number, number],
])[] = [
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
]

describe('Threefry-2x32 gives the known answers', () => {
  it.each(KNOWN)('key %s, counter %s', ([k0, k1], [x0, x1], bits) => {
    expect(threefry(k0, k1, x0, x1)).toEqual(bits)
  })

  it('also negative words, which mean the same bits', () => {
    expect(threefry(-1, -1, -1, -1)).toEqual([0x1cb996fc, 0xbb002be7])
  })

  it.each(KNOWN)('as a primitive: key %s, counter %s', (key, [x0, x1], bits) => {
    const b = new Builder()
    const shape = tensor('u32', [2, 1])
    const ins = [b.input('key', tensor('u32', [2])), b.input('x0', shape), b.input('x1', shape)]
    b.threefry(ins[0]!, ins[1]!, ins[2]!).forEach((v, i) => {
      b.output(`r${i}`, v)
    })
    const [r0, r1] = evaluate(b.finish('p'), [
      { type: ins[0]!.type, data: Float64Array.from(key) },
      { type: shape, data: Float64Array.of(x0, 0) },
      { type: shape, data: Float64Array.of(x1, 0) },
    ])
    expect([r0!.data[0], r1!.data[0]]).toEqual(bits)
    expect([r0!.data[1], r1!.data[1]]).toEqual(threefry(key[0], key[1], 0, 0))
  })
})
