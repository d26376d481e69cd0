import { describe, expect, it } from 'vitest'
import { pullback } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { byPhases, byTaps } from '../../src/ir/ops/convolutionForms.ts'
import type { ConvolutionDims, WindowDims } from '../../src/ir/ops/index.ts'
import { printProgram } from '../../src/ir/print.ts'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { type TensorType, tensor } from '../../src/ir/types.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { randomTensor, seeded } from '../conformance/values.ts'

const dims = (given: Partial<ConvolutionDims>): ConvolutionDims => ({
  strides: [1, 1],
  low: [0, 0],
  high: [0, 0],
  inputDilation: [1, 1],
  kernelDilation: [1, 1],
  groups: 1,
  ...given,
})

/** A convolution and both its gradients. */
function convolution(x: readonly number[], kernel: readonly number[], d: ConvolutionDims) {
  const b = new Builder()
  const ins = [b.input('x', tensor('f32', x)), b.input('kernel', tensor('f32', kernel))] as const
  const y = b.convolution(...ins, d)
  const [dx, dk] = pullback(b, y, b.input('ct', y.type), ins)
  b.output('y', y)
  b.output('dx', dx!)
  b.output('dk', dk!)
  const program = b.finish('convolution')
  checkProgram(program)
  return program
}

describe('convolution', () => {
  // A stride of 2 over 8 leaves the last row and column unread: the padding of dx makes up for them.
  it('printed with its gradients', () => {
    const program = convolution([2, 8, 8, 3], [3, 3, 3, 4], dims({ strides: [2, 2] }))
    expect(printProgram(program)).toMatchInlineSnapshot(`
      "program convolution(%0:f32[2,8,8,3] x, %1:f32[3,3,3,4] kernel, %2:f32[2,3,3,4] ct) {
        %3:f32[2,3,3,4] = convolution{strides=[2,2] low=[0,0] high=[0,0] inputDilation=[1,1] kernelDilation=[1,1] groups=1} %0 %1
        %4:f32[3,3,3,4] = reverse{axes=[0,1]} %1
        %5:f32[3,3,3,1,4] = reshape{shape=[3,3,3,1,4]} %4
        %6:f32[3,3,4,1,3] = transpose{permutation=[0,1,4,3,2]} %5
        %7:f32[3,3,4,3] = reshape{shape=[3,3,4,3]} %6
        %8:f32[2,8,8,3] = convolution{strides=[1,1] low=[2,2] high=[3,3] inputDilation=[2,2] kernelDilation=[1,1] groups=1} %2 %7
        %9:f32[2,8,8,1,3] = reshape{shape=[2,8,8,1,3]} %0
        %10:f32[3,8,8,1,2] = transpose{permutation=[4,1,2,3,0]} %9
        %11:f32[3,8,8,2] = reshape{shape=[3,8,8,2]} %10
        %12:f32[3,3,2,4] = transpose{permutation=[1,2,0,3]} %2
        %13:f32[3,3,3,4] = convolution{strides=[1,1] low=[0,0] high=[-1,-1] inputDilation=[1,1] kernelDilation=[2,2] groups=1} %11 %12
        %14:f32[3,3,3,4] = transpose{permutation=[1,2,0,3]} %13
        return y=%3, dx=%8, dk=%14
      }
      "
    `)
  })

  it('printed with its gradients, transposed, in groups', () => {
    const d = dims({ inputDilation: [2, 2], low: [2, 2], high: [2, 2], groups: 2 })
    expect(printProgram(convolution([2, 3, 3, 4], [4, 4, 2, 6], d))).toMatchInlineSnapshot(`
      "program convolution(%0:f32[2,3,3,4] x, %1:f32[4,4,2,6] kernel, %2:f32[2,6,6,6] ct) {
        %3:f32[2,6,6,6] = convolution{strides=[1,1] low=[2,2] high=[2,2] inputDilation=[2,2] kernelDilation=[1,1] groups=2} %0 %1
        %4:f32[4,4,2,6] = reverse{axes=[0,1]} %1
        %5:f32[4,4,2,2,3] = reshape{shape=[4,4,2,2,3]} %4
        %6:f32[4,4,3,2,2] = transpose{permutation=[0,1,4,3,2]} %5
        %7:f32[4,4,3,4] = reshape{shape=[4,4,3,4]} %6
        %8:f32[2,3,3,4] = convolution{strides=[2,2] low=[1,1] high=[1,1] inputDilation=[1,1] kernelDilation=[1,1] groups=2} %2 %7
        %9:f32[2,6,6,2,3] = reshape{shape=[2,6,6,2,3]} %2
        %10:f32[3,6,6,2,2] = transpose{permutation=[4,1,2,3,0]} %9
        %11:f32[3,6,6,4] = reshape{shape=[3,6,6,4]} %10
        %12:f32[3,3,2,4] = transpose{permutation=[1,2,0,3]} %0
        %13:f32[3,4,4,4] = convolution{strides=[1,1] low=[1,1] high=[1,1] inputDilation=[1,1] kernelDilation=[2,2] groups=2} %11 %12
        %14:f32[3,4,4,4] = reverse{axes=[1,2]} %13
        %15:f32[3,4,4,2,2] = reshape{shape=[3,4,4,2,2]} %14
        %16:f32[4,4,2,2,3] = transpose{permutation=[1,2,4,3,0]} %15
        %17:f32[4,4,2,6] = reshape{shape=[4,4,2,6]} %16
        return y=%3, dx=%8, dk=%17
      }
      "
    `)
  })

  it('goes to a GPU as it is, to a CPU in the form that runs fast there', () => {
    const operations = (
      platform: string,
      x: readonly number[],
      kernel: readonly number[],
      d: ConvolutionDims,
    ) => {
      const text = lowerToStableHlo(convolution(x, kernel, d), { platform })
      return [...text.matchAll(/"stablehlo\.(convolution|multiply)"/g)].map(m => m[1]!).join(' ')
    }
    const up = [
      [1, 4, 4, 16],
      [4, 4, 16, 16],
      dims({ inputDilation: [2, 2], low: [2, 2], high: [2, 2] }),
    ] as const
    const depthwise = [[1, 5, 5, 3], [2, 2, 1, 3], dims({ groups: 3 })] as const
    expect(
      ['cuda', 'cpu'].map(p => [operations(p, ...up), operations(p, ...depthwise)]),
    ).toMatchInlineSnapshot(`
      [
        [
          "convolution convolution convolution",
          "convolution convolution convolution",
        ],
        [
          "convolution convolution convolution convolution convolution convolution",
          "multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply multiply",
        ],
      ]
    `)
  })
})

describe('forms of a convolution', () => {
  const noise = (type: TensorType, seed: number): RefTensor => randomTensor(type, seeded(seed, 0))
  const forms = { byPhases, byTaps }
  const up = dims({ inputDilation: [2, 3], low: [2, -1], high: [3, 4] })
  const uneven = dims({ strides: [2, 1], low: [-1, 2], high: [2, -2], kernelDilation: [2, 1], groups: 3 })
  it.each([
    ['byPhases', [2, 3, 4, 2], [4, 3, 2, 3], up],
    ['byPhases', [2, 3, 4, 4], [2, 2, 2, 4], { ...up, groups: 2 }],
    ['byTaps', [2, 7, 6, 3], [3, 2, 1, 3], uneven],
    ['byTaps', [2, 7, 6, 3], [3, 2, 1, 6], uneven],
  ] as const)('%s of %s and %s is the convolution', (form, xShape, kernelShape, d) => {
    const b = new Builder()
    const ins = [tensor('f32', xShape), tensor('f32', kernelShape)] as const
    const [x, kernel] = [b.input('x', ins[0]), b.input('kernel', ins[1])]
    const y = b.convolution(x, kernel, d)
    b.output('y', y)
    b.output('form', forms[form](b, x, kernel, d, y.type))
    const [whole, formed] = evaluate(b.finish('p'), [noise(ins[0], 1), noise(ins[1], 2)])
    expect(formed!.type).toEqual(whole!.type)
    whole!.data.forEach((v, i) => {
      expect(formed!.data[i]).toBeCloseTo(v, 12)
    })
  })
})

describe('the largest of windows', () => {
  const gradient = (x: RefTensor, d: WindowDims, ct: readonly number[]): number[] => {
    const b = new Builder()
    const v = b.input('x', x.type)
    const y = b.reduceWindow('max', v, d)
    b.output('dx', pullback(b, y, b.constant(y.type, ct), [v])[0]!)
    return [...evaluate(b.finish('p'), [x])[0]!.data]
  }

  it('gives its gradient to the first of equals, row by row', () => {
    const x = refTensor(tensor('f32', [2, 4]), [1, 2, 5, 5, 2, 2, 5, 5])
    const d = { window: [2, 2], strides: [2, 2], low: [0, 0], high: [0, 0] }
    expect(gradient(x, d, [1, 10])).toEqual([0, 1, 10, 0, 0, 0, 0, 0])
  })

  it('adds the gradients of overlapping windows up', () => {
    const x = refTensor(tensor('f32', [5]), [1, 4, 4, 0, 4])
    expect(gradient(x, { window: [3], strides: [1], low: [0], high: [0] }, [1, 10, 100])).toEqual([
      0, 11, 100, 0, 0,
    ])
  })

  it('gives nothing to padding, though it equals a window of -∞', () => {
    const x = refTensor(tensor('f32', [3]), [-Infinity, -Infinity, 1])
    expect(gradient(x, { window: [2], strides: [2], low: [1], high: [0] }, [1, 10])).toEqual([1, 0, 10])
  })
})
