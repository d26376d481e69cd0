import { describe, expect, it } from 'vitest'
import { BuildError, Builder, broadcastShape } from '../../src/ir/builder.ts'
import { printProgram } from '../../src/ir/print.ts'
import { parseType, showType, type TensorType, tensor } from '../../src/ir/types.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'

const LINE = { strides: [1], low: [0], high: [0], inputDilation: [1], kernelDilation: [1], groups: 1 }
const F23 = tensor('f32', [2, 3])
const F45 = tensor('f32', [4, 5])
const S4 = tensor('s32', [4])

/** The message of the refusal; it must carry the node that was being built. */
function refusal(f: (b: Builder, x: (type: TensorType) => ReturnType<Builder['input']>) => unknown): string {
  const b = new Builder()
  let n = 0
  try {
    b.at('head', () => f(b, type => b.input(`x${n++}`, type)))
  } catch (e) {
    if (!(e instanceof BuildError)) throw e
    expect(e.origin).toBe('head')
    return e.message
  }
  throw new Error('nothing was refused')
}

describe('a refusal names the node and says both shapes', () => {
  const refusals: Record<string, Parameters<typeof refusal>[0]> = {
    add: (b, x) => b.add(x(F23), x(F45)),
    'add of two dtypes': (b, x) => b.add(x(tensor('f32', [4])), x(S4)),
    'a constant that the dtype lacks': (b, x) => b.mul(x(S4), 0.5),
    'a negative unsigned constant': (b, x) => b.add(x(tensor('u32', [2])), -1),
    'a constant too large': (b, x) => b.mul(x(F23), 1e39),
    select: (b, x) => b.select(x(tensor('bool', [7])), x(F23), 0),
    'dot_general, contracted': (b, x) =>
      b.dotGeneral(x(F23), x(F45), { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }),
    'dot_general, counts': (b, x) =>
      b.dotGeneral(x(F23), x(F23), { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [0] }),
    'dot_general, an axis twice': (b, x) =>
      b.dotGeneral(x(F23), x(F23), { lhsBatch: [0], rhsBatch: [0], lhsContract: [0], rhsContract: [0] }),
    reshape: (b, x) => b.reshape(x(F23), [4, 2]),
    'reshape to a negative size': (b, x) => b.reshape(x(F23), [-2, -3]),
    broadcastTo: (b, x) => b.broadcastTo(x(F23), [2, 4]),
    'broadcastTo a lower rank': (b, x) => b.broadcastTo(x(F23), [3]),
    broadcast: (b, x) => b.broadcast(x(F23), [3, 2], [1, 0]),
    transpose: (b, x) => b.transpose(x(F23), [0]),
    'transpose, twice one axis': (b, x) => b.transpose(x(F23), [1, 1]),
    slice: (b, x) => b.slice(x(F23), [0, 1], [2, 4]),
    'slice of too many axes': (b, x) => b.slice(x(F23), [0, 0, 0], [1, 1, 1]),
    pad: (b, x) => b.pad(x(F23), [1], [1]),
    concatenate: (b, x) => b.concatenate([x(F23), x(F45)], 0),
    'concatenate nothing': b => b.concatenate([], 0),
    'sum over a missing axis': (b, x) => b.sum(x(F23), [2]),
    'mean of integers': (b, x) => b.mean(x(S4), [0]),
    'exp of integers': (b, x) => b.exp(x(S4)),
    'abs of unsigned': (b, x) => b.abs(x(tensor('u8', [2]))),
    'and of floats': (b, x) => b.and(x(F23), x(F23)),
    argmax: (b, x) => b.argmax(x(F23), 2),
    'convolution of a matrix': (b, x) => b.convolution(x(F23), x(F23), LINE),
    'convolution in groups': (b, x) =>
      b.convolution(x(tensor('f32', [1, 5, 4])), x(tensor('f32', [3, 4, 2])), { ...LINE, groups: 2 }),
    'convolution with strides for two axes': (b, x) =>
      b.convolution(x(tensor('f32', [1, 5, 4])), x(tensor('f32', [3, 4, 2])), { ...LINE, strides: [1, 1] }),
    'convolution with an empty kernel': (b, x) =>
      b.convolution(x(tensor('f32', [1, 5, 4])), x(tensor('f32', [0, 4, 2])), LINE),
    'convolution of two dtypes': (b, x) =>
      b.convolution(x(tensor('f32', [1, 5, 4])), x(tensor('bf16', [3, 4, 2])), LINE),
    'reduceWindow of another rank': (b, x) =>
      b.reduceWindow('max', x(F23), { window: [2], strides: [1], low: [0], high: [0] }),
    'argmax of nothing': (b, x) => b.argmax(x(tensor('f32', [2, 0])), 1),
    bitcast: (b, x) => b.bitcast(x(F23), 'bf16'),
    'pow of integers': (b, x) => b.pow(x(S4), 2),
    'clamp between bounds of another dtype': (b, x) => b.clamp(x(F23), x(tensor('s32', [])), 1),
    'clamp between larger bounds': (b, x) => b.clamp(x(F23), x(F45), 1),
    'arithmetic shift of unsigned': (b, x) => b.shiftRightArithmetic(x(tensor('u32', [2])), 1),
    'shift of floats': (b, x) => b.shiftLeft(x(F23), 1),
    'reduceAnd of numbers': (b, x) => b.reduceAnd(x(F23), [0]),
    'cumsum along a missing axis': (b, x) => b.cumsum(x(F23), 2),
    'sort with unequal payload': (b, x) => b.sort([x(F23), x(F45)], 1),
    'sort along a missing axis': (b, x) => b.sort([x(F23)], 2),
    'top k of fewer': (b, x) => b.topK(x(F23), 4, 1),
    'dynamic slice of a large window': (b, x) => b.dynamicSlice(x(F23), [0, 0], [2, 4]),
    'dynamic slice with missing starts': (b, x) => b.dynamicSlice(x(F23), [0], [1, 1]),
    'dynamic update of another dtype': (b, x) => b.dynamicUpdateSlice(x(F23), x(S4), [0, 0]),
    'straight through another shape': (b, x) => b.straightThrough(x(F23), x(F45)),
    iota: b => b.iota('s32', [3], 1),
    threefry: (b, x) => b.threefry(x(S4), x(S4), x(S4)),
    'gather by floats': (b, x) => b.gather(x(F23), x(F23), { ...ROWS, sliceSizes: [1, 3] }),
    'gather of too large windows': (b, x) => b.gather(x(F23), x(S4), { ...ROWS, sliceSizes: [1, 4] }),
    'gather of kept rows': (b, x) => b.gather(x(F23), x(S4), { ...ROWS, sliceSizes: [2, 3] }),
    'gather by vectors of another length': (b, x) =>
      b.gather(x(F23), x(tensor('s32', [4, 2])), { ...ROWS, sliceSizes: [1, 3] }),
    'gather with misplaced offsets': (b, x) =>
      b.gather(x(F23), x(S4), { ...ROWS, offsetDims: [2], sliceSizes: [1, 3] }),
    'gather of unequal batches': (b, x) =>
      b.gather(x(tensor('f32', [3, 5])), x(S4), {
        ...ROWS,
        offsetDims: [],
        collapsedDims: [1],
        operandBatch: [0],
        indexBatch: [0],
        startIndexMap: [1],
        sliceSizes: [1, 1],
      }),
    'scatter of unfitting updates': (b, x) => b.scatterAdd(x(F23), x(S4), x(tensor('f32', [5, 3])), ROWS),
  }

  it('of every kind', () => {
    const shown = Object.entries(refusals).map(([name, f]) => `${name}\n    ${refusal(f)}`)
    expect(shown.join('\n')).toMatchInlineSnapshot(`
      "add
          shapes f32[2,3] and f32[4,5] don't broadcast together
      add of two dtypes
          add(f32[4], s32[4]): dtypes differ: f32[4] and s32[4]
      a constant that the dtype lacks
          constant(): 0.5 is not a value of s32
      a negative unsigned constant
          constant(): -1 is not a value of u32
      a constant too large
          constant(): 1e+39 is not a value of f32
      select
          condition bool[7] doesn't broadcast with f32[2,3]
      dot_general, contracted
          dot_general(f32[2,3], f32[4,5]): contracted axes [1] of f32[2,3] and [0] of f32[4,5] don't match
      dot_general, counts
          dot_general(f32[2,3], f32[2,3]): contracted axes [] of f32[2,3] and [0] of f32[2,3] don't match
      dot_general, an axis twice
          dot_general(f32[2,3], f32[2,3]): an axis is used twice in [0,0]
      reshape
          reshape(f32[2,3]): f32[2,3] has 6 elements, [4,2] has 8
      reshape to a negative size
          reshape(f32[2,3]): [-2,-3] is not a shape
      broadcastTo
          f32[2,3] doesn't broadcast to [2,4]
      broadcastTo a lower rank
          f32[2,3] doesn't broadcast to [3]
      broadcast
          broadcast(f32[2,3]): axes [1,0] of [3,2] can't hold f32[2,3]
      transpose
          transpose(f32[2,3]): [0] is not a permutation of the axes of f32[2,3]
      transpose, twice one axis
          transpose(f32[2,3]): [1,1] is not a permutation of the axes of f32[2,3]
      slice
          slice(f32[2,3]): [0,1] to [2,4] by [1,1] is outside f32[2,3]
      slice of too many axes
          slice(f32[2,3]): [0,0,0] to [1,1,1] by [1,1,1] is outside f32[2,3]
      pad
          pad(f32[2,3], f32[]): padding [1], [1], [0] doesn't fit f32[2,3]
      concatenate
          concatenate(f32[2,3], f32[4,5]): f32[2,3] and f32[4,5] don't join along axis 0
      concatenate nothing
          concatenate(): nothing to join
      sum over a missing axis
          reduce_sum(f32[2,3]): axes [2] are not ascending, distinct axes of f32[2,3]
      mean of integers
          mean of s32[4]: not a float
      exp of integers
          exp(s32[4]): needs a float, got s32[4]
      abs of unsigned
          abs(u8[2]): needs signed numbers, got u8[2]
      and of floats
          and(f32[2,3], f32[2,3]): needs integers or bools, got f32[2,3]
      argmax
          argmax(f32[2,3]): no largest element along axis 2 of f32[2,3]
      convolution of a matrix
          convolution(f32[2,3], f32[2,3]): needs [N, spatial…, I] and [spatial…, I / groups, O] of one rank of at least 3, got f32[2,3] and f32[2,3]
      convolution in groups
          convolution(f32[1,5,4], f32[3,4,2]): 2 groups don't fit the channels of f32[1,5,4] and f32[3,4,2]
      convolution with strides for two axes
          convolution(f32[1,5,4], f32[3,4,2]): strides [1,1] must be 1 whole numbers of at least 1
      convolution with an empty kernel
          convolution(f32[1,5,4], f32[0,4,2]): the kernel f32[0,4,2] has an empty window
      convolution of two dtypes
          convolution(f32[1,5,4], bf16[3,4,2]): dtypes differ: f32[1,5,4] and bf16[3,4,2]
      reduceWindow of another rank
          reduce_window(f32[2,3]): windows [2], strides [1] and padding [0], [0] don't fit f32[2,3]
      argmax of nothing
          argmax(f32[2,0]): no largest element along axis 1 of f32[2,0]
      bitcast
          bitcast(f32[2,3]): only 32-bit dtypes can be re-read, got f32[2,3] as bf16
      pow of integers
          pow(s32[4], s32[4]): needs a float, got s32[4]
      clamp between bounds of another dtype
          clamp(f32[2,3], s32[2,3], f32[2,3]): bounds s32[2,3] and f32[2,3] of f32[2,3] differ from it
      clamp between larger bounds
          f32[4,5] doesn't broadcast to [2,3]
      arithmetic shift of unsigned
          shift_right_arithmetic(u32[2], u32[2]): needs integers with a sign, got u32[2]
      shift of floats
          shift_left(f32[2,3], f32[2,3]): needs integers, got f32[2,3]
      reduceAnd of numbers
          reduce_and(f32[2,3]): needs bools, got f32[2,3]
      cumsum along a missing axis
          cumsum(f32[2,3]): no running sum along axis 2 of f32[2,3]
      sort with unequal payload
          sort(f32[2,3], f32[4,5]): keys f32[2,3] and payload f32[4,5] differ in shape
      sort along a missing axis
          sort(f32[2,3]): no order along axis 2 of f32[2,3]
      top k of fewer
          top_k(f32[2,3]): no 4 largest elements along the last axis of f32[2,3]
      dynamic slice of a large window
          dynamic_slice(f32[2,3], s32[], s32[]): a window [2,4] doesn't fit f32[2,3]
      dynamic slice with missing starts
          dynamic_slice(f32[2,3], s32[]): f32[2,3] takes 2 starts s32[] or u32[], got s32[]
      dynamic update of another dtype
          dynamic_update_slice(f32[2,3], s32[4], s32[], s32[]): dtypes differ: f32[2,3] and its update s32[4]
      straight through another shape
          straight_through(f32[2,3], f32[4,5]): shapes differ: f32[2,3] and f32[4,5]
      iota
          iota(): no counting along axis 1 of s32[3]
      threefry
          threefry2x32(s32[4], s32[4], s32[4]): needs a key u32[2] and two equal counters u32[…], got s32[4], s32[4], s32[4]
      gather by floats
          gather(f32[2,3], f32[2,3]): indices must be s32 or u32, got f32[2,3]
      gather of too large windows
          gather(f32[2,3], s32[4]): windows [1,4] don't fit f32[2,3]
      gather of kept rows
          gather(f32[2,3], s32[4]): windows [2,3] must be 1 along the dropped axes [0]
      gather by vectors of another length
          gather(f32[2,3], s32[4,2]): index vectors along axis 1 of s32[4,2] don't address axes [0] of f32[2,3]
      gather with misplaced offsets
          gather(f32[2,3], s32[4]): 1 window axes and 1 index axes don't make a result with offsets [2]
      gather of unequal batches
          gather(f32[3,5], s32[4]): batch axes [0] of f32[3,5] and [0] of s32[4] don't match
      scatter of unfitting updates
          scatter_add(f32[2,3], s32[4], f32[5,3]): updates f32[5,3] don't fit indices s32[4] and operand f32[2,3]"
    `)
  })
})

const ROWS = {
  offsetDims: [1],
  collapsedDims: [0],
  operandBatch: [],
  indexBatch: [],
  startIndexMap: [0],
  indexVectorDim: 1,
}

describe('the builder', () => {
  it('broadcasts as NumPy does', () => {
    expect(broadcastShape([2, 1, 3], [4, 1])).toEqual([2, 4, 3])
    expect(broadcastShape([], [2])).toEqual([2])
    expect(broadcastShape([0], [1])).toEqual([0])
    expect(broadcastShape([0], [2])).toBeNull()
    expect(broadcastShape([2], [3])).toBeNull()
  })

  it('drops the equations that no output needs, and keeps all inputs', () => {
    const b = new Builder()
    const x = b.input('x', F23)
    b.input('unused', S4)
    const y = b.exp(x)
    b.tanh(b.add(y, 1))
    b.output('y', y)
    expect(printProgram(b.finish('p'))).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3] x, %1:s32[4] unused) {
        %2:f32[2,3] = exp %0
        return y=%2
      }
      "
    `)
  })

  it('makes equal constants once, without an origin, and zeros of both signs apart', () => {
    const b = new Builder()
    const x = b.input('x', F23)
    b.at('a', () => b.output('y', b.add(b.add(x, 2), b.mul(x, 2))))
    expect(b.fill(F23, 2)).toBe(b.fill(F23, 2))
    expect(b.fill(F23, 0)).not.toBe(b.fill(F23, -0))
    expect(printProgram(b.finish('p'), { origins: true })).toMatchInlineSnapshot(`
      "program p(%0:f32[2,3] x) {
        %1:f32[] = constant{values=[2]}
        %2:f32[2,3] = broadcast{shape=[2,3] dims=[]} %1  ; a
        %3:f32[2,3] = add %0 %2  ; a
        %4:f32[2,3] = broadcast{shape=[2,3] dims=[]} %1  ; a
        %5:f32[2,3] = mul %0 %4  ; a
        %6:f32[2,3] = add %3 %5  ; a
        return y=%6
      }
      "
    `)
  })

  it('emits nothing for changes that change nothing', () => {
    const b = new Builder()
    const x = b.input('x', F23)
    const same = [
      b.reshape(x, [2, 3]),
      b.transpose(x, [0, 1]),
      b.broadcast(x, [2, 3], [0, 1]),
      b.broadcastTo(x, [2, 3]),
      b.convert(x, 'f32'),
      b.sum(x, []),
      b.reduceMax(x, []),
      b.concatenate([x], 0),
    ]
    expect(same.every(v => v === x)).toBe(true)
    expect(b.equations).toEqual([])
  })

  it('gives the origin back after a nested node and after an error', () => {
    const b = new Builder()
    b.at('outer', () => {
      expect(() => b.at('inner', () => b.iota('s32', [], 0))).toThrow(BuildError)
      b.at('inner', () => {})
      expect(b.currentOrigin).toBe('outer')
    })
    expect(b.currentOrigin).toBeNull()
  })

  it('means over several axes', () => {
    const b = new Builder()
    const x = b.input('x', tensor('f32', [2, 1, 3]))
    b.output('m', b.mean(x, [0, 2]))
    const [m] = evaluate(b.finish('p'), [{ type: x.type, data: Float64Array.of(1, 2, 3, 4, 5, 6) }])
    expect(m!.data[0]).toBeCloseTo(3.5, 12)
  })
})

it('types print and parse back', () => {
  for (const text of ['f32[2,3]', 'bool[]', 's64[0]', 'bf16[1,1]', 'u8[10]'])
    expect(showType(parseType(text))).toBe(text)
  for (const text of ['f64[2]', 'f32', 'f32[2,]', 'f32[-1]', 'f32[2] ', 'f32[a]'])
    expect(() => parseType(text)).toThrow('not a tensor type')
})

it('the reference refuses arguments of other types and counts', () => {
  const b = new Builder()
  const x = b.input('image', F23)
  b.output('y', b.exp(x))
  const program = b.finish('encode')
  const wrong = { type: F45, data: new Float64Array(20) }
  expect(() => evaluate(program, [wrong])).toThrowErrorMatchingInlineSnapshot(
    `[Error: argument 0 "image" of encode must be f32[2,3], got f32[4,5]]`,
  )
  expect(() => evaluate(program, [])).toThrowErrorMatchingInlineSnapshot(
    `[Error: encode takes 1 arguments, got 0]`,
  )
  const right = { type: F23, data: new Float64Array(6) }
  expect(() => evaluate(program, [right, right])).toThrowErrorMatchingInlineSnapshot(
    `[Error: encode takes 1 arguments, got 2]`,
  )
})
