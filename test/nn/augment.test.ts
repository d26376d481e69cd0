import { describe, expect, test } from 'vitest'
import type { Var } from '../../src/ir/program.ts'
import { colourJitter, randomResizedCrop, toFloatImage } from '../../src/nn/augment.ts'
import { adjustBrightness, adjustContrast, adjustSaturation } from '../../src/nn/colour.ts'
import { cropResize, resizeBilinear } from '../../src/nn/resample.ts'
import { describeGolden, type GoldenArray } from './golden.ts'
import { difference, noise, run, TestModel, type Values } from './scope.ts'

interface CropCase {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
  readonly size: readonly [number, number]
  readonly flip: boolean
  readonly clamp_to_image: GoldenArray
  readonly crop_then_resize?: GoldenArray
}

const evaluate = (build: (m: TestModel) => Var, values: Values): Float64Array => {
  const model = new TestModel()
  return run(model.program({ y: build(model) }), values).y!
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describeGolden<{ image: GoldenArray; cases: readonly CropCase[] }>('bilinear_crop', ({ image, cases }) => {
  test.each(
    cases.map(
      c =>
        [
          `${c.height} × ${c.width} at ${c.top}, ${c.left} to ${c.size}${c.flip ? ', mirrored' : ''}`,
          c,
        ] as const,
    ),
  )("is torch's grid_sample: %s", (_, c) => {
    const y = evaluate(
      m => {
        const boxes = {
          top: m.input('top', 'f32[1]'),
          left: m.input('left', 'f32[1]'),
          height: m.input('height', 'f32[1]'),
          width: m.input('width', 'f32[1]'),
        }
        const [outHeight, outWidth] = c.size
        const mirror = m.input('mirror', 'bool[1]')
        return cropResize(m.b, m.input('image', `f32[1,${image.shape}]`), boxes, {
          outHeight,
          outWidth,
          mirror,
        })
      },
      {
        image: image.data,
        top: [c.top],
        left: [c.left],
        height: [c.height],
        width: [c.width],
        mirror: [Number(c.flip)],
      },
    )
    expect(difference(y, c.clamp_to_image.data)).toBeLessThan(1e-9)
    // The whole picture has no pixels outside the box, so there it is torchvision's crop as well.
    const whole = c.height === image.shape[0] && c.width === image.shape[1]
    if (whole) expect(difference(y, c.crop_then_resize!.data)).toBeLessThan(1e-9)
  })
})

describe('random resized crop', () => {
  const SIZE = 8
  const crop = (keys: ArrayLike<number>, image: ArrayLike<number>, options: object, rows = 4): Float64Array =>
    evaluate(
      m =>
        randomResizedCrop(m.b, m.input('key', 'u32[2]'), m.input('image', `f32[${rows},${SIZE},${SIZE},3]`), {
          outHeight: SIZE,
          outWidth: SIZE,
          scale: [1, 1],
          ratio: [1, 1],
          flip: 0,
          ...options,
        }),
      { key: keys, image },
    )
  const image = noise('image', [4, SIZE, SIZE, 3])

  test('of the whole picture changes nothing', () => {
    expect(difference(crop([1, 2], image, {}), image)).toBeLessThan(1e-12)
  })

  test('mirrors always with probability 1, never with 0, else for some', () => {
    const mirrored = image.map((_, p) => {
      const [c, x] = [p % 3, Math.floor(p / 3) % SIZE]
      return image[p - x * 3 - c + (SIZE - 1 - x) * 3 + c]!
    })
    expect(difference(crop([1, 2], image, { flip: 1 }), mirrored)).toBeLessThan(1e-12)
    const rows = 64
    const ramp = range(rows * SIZE * SIZE * 3).map(p => Math.floor(p / 3) % SIZE)
    const some = crop([1, 2], ramp, { flip: 0.5 }, rows)
    const turned = range(rows).filter(n => some[n * SIZE * SIZE * 3]! > SIZE / 2).length
    expect(turned).toBeGreaterThan(rows / 4)
    expect(turned).toBeLessThan((3 * rows) / 4)
  })

  test('reads boxes of the asked area and aspect ratio inside the picture', () => {
    const rows = 256
    // Two channels tell where a pixel was read: its row and its column.
    const places = range(rows * SIZE * SIZE * 3).map(p => {
      const [y, x] = [Math.floor(p / 3 / SIZE) % SIZE, Math.floor(p / 3) % SIZE]
      return [y, x, 0][p % 3]!
    })
    const y = crop([5, 6], places, { scale: [0.2, 0.5], ratio: [0.5, 2] }, rows)
    // Two samples at the middle of the result are one output pixel apart: size / SIZE, untouched by the border.
    const at = (n: number, i: number, j: number, c: number): number => y[((n * SIZE + i) * SIZE + j) * 3 + c]!
    const boxes = range(rows).map(n => {
      const height = (at(n, 4, 4, 0) - at(n, 3, 4, 0)) * SIZE
      const width = (at(n, 4, 4, 1) - at(n, 4, 3, 1)) * SIZE
      const [middleY, middleX] = [at(n, 3, 3, 0) + at(n, 4, 4, 0) + 1, at(n, 3, 3, 1) + at(n, 4, 4, 1) + 1]
      return { height, width, top: (middleY - height) / 2, left: (middleX - width) / 2 }
    })
    for (const { height, width, top, left } of boxes) {
      const area = (height * width) / SIZE ** 2
      expect(area).toBeGreaterThan(0.2 - 1e-6)
      expect(area).toBeLessThan(0.5 + 1e-6)
      expect(width / height).toBeGreaterThan(0.5 - 1e-6)
      expect(width / height).toBeLessThan(2 + 1e-6)
      expect(Math.min(top, left)).toBeGreaterThan(-1e-6)
      expect(Math.max(top + height, left + width)).toBeLessThan(SIZE + 1e-6)
    }
    const areas = boxes.map(b => (b.height * b.width) / SIZE ** 2)
    expect(areas.reduce((s, a) => s + a) / rows).toBeCloseTo(0.35, 1)
    expect(Math.min(...areas)).toBeLessThan(0.22)
    expect(Math.max(...areas)).toBeGreaterThan(0.48)
    const logRatios = boxes.map(b => Math.log2(b.width / b.height))
    expect(Math.abs(logRatios.reduce((s, r) => s + r) / rows)).toBeLessThan(0.15)
  })

  test('depends on its key only', () => {
    const options = { scale: [0.3, 1], ratio: [0.7, 1.4], flip: 0.5 }
    expect(crop([1, 2], image, options)).toEqual(crop([1, 2], image, options))
    expect(crop([1, 2], image, options)).not.toEqual(crop([1, 3], image, options))
  })
})

describe('resize', () => {
  const line = (from: number, to: number, values: readonly number[]): Float64Array =>
    evaluate(m => resizeBilinear(m.b, m.input('image', `f32[1,1,${from},1]`), 1, to), { image: values })

  test('enlarges by linear interpolation and repeats the border', () => {
    expect(difference(line(2, 4, [0, 4]), [0, 1, 3, 4])).toBeLessThan(1e-12)
  })

  test('shrinks by triangles as wide as two results, so that no pixel is lost', () => {
    // Weights (1 - |j - 0.5| / 2) / sum = (0.75, 0.75, 0.25) / 1.75 for the first of two.
    expect(difference(line(4, 2, [7, 0, 0, 0]), [3, 0])).toBeLessThan(1e-12)
    expect(difference(line(4, 2, [0, 7, 0, 0]), [3, 1])).toBeLessThan(1e-12)
  })

  test('keeps plain pictures plain, in both directions', () => {
    const y = evaluate(m => resizeBilinear(m.b, m.input('image', 'f32[2,5,7,3]'), 3, 11), {
      image: new Array(210).fill(0.3),
    })
    expect(difference(y, new Array(2 * 3 * 11 * 3).fill(0.3))).toBeLessThan(1e-12)
  })

  test('to the same size builds nothing', () => {
    const model = new TestModel()
    const image = model.input('image', 'f32[1,4,4,3]')
    expect(resizeBilinear(model.b, image, 4, 4)).toBe(image)
  })
})

describe('colours', () => {
  const image = [0.2, 0.4, 0.6, 0.8, 0.1, 0.9]
  const grey = (r: number, g: number, b: number): number => 0.2989 * r + 0.587 * g + 0.114 * b
  const cut = (x: number): number => Math.min(1, Math.max(0, x))
  const adjust = (f: typeof adjustBrightness, factor: number): Float64Array =>
    evaluate(m => f(m.b, m.input('image', 'f32[1,1,2,3]'), m.input('factor', 'f32[1]')), {
      image,
      factor: [factor],
    })
  const greys = [grey(0.2, 0.4, 0.6), grey(0.8, 0.1, 0.9)]

  test('brightness blends with black', () => {
    expect(
      difference(
        adjust(adjustBrightness, 1.5),
        image.map(x => cut(1.5 * x)),
      ),
    ).toBeLessThan(1e-12)
  })

  test('contrast blends with the mean grey', () => {
    const mean = (greys[0]! + greys[1]!) / 2
    expect(
      difference(
        adjust(adjustContrast, 0.3),
        image.map(x => 0.3 * x + 0.7 * mean),
      ),
    ).toBeLessThan(1e-12)
    expect(
      difference(
        adjust(adjustContrast, 3),
        image.map(x => cut(3 * x - 2 * mean)),
      ),
    ).toBeLessThan(1e-12)
  })

  test('saturation blends with the greys of the pixels', () => {
    const expected = image.map((x, p) => 0.4 * x + 0.6 * greys[Math.floor(p / 3)]!)
    expect(difference(adjust(adjustSaturation, 0.4), expected)).toBeLessThan(1e-12)
  })

  test('jitter stays in 0–1, moves each picture by its own factors, and does nothing where it is 0', () => {
    const rows = 16
    const pictures = noise('pictures', [rows, 2, 2, 3]).map(x => (x + 1) / 2)
    const jitter = (options: Parameters<typeof colourJitter>[3]): Float64Array =>
      evaluate(
        m => colourJitter(m.b, m.input('key', 'u32[2]'), m.input('image', `f32[${rows},2,2,3]`), options),
        {
          key: [3, 9],
          image: pictures,
        },
      )
    const y = jitter({ brightness: 0.8, contrast: 0.8, saturation: 0.8 })
    expect(y.every(x => x >= 0 && x <= 1)).toBe(true)
    expect(difference(y, pictures)).toBeGreaterThan(0.1)
    const dark = jitter({ brightness: 0.5, contrast: 0, saturation: 0 })
    const factors = range(rows).map(n => {
      const p = range(12)
        .map(i => n * 12 + i)
        .find(i => pictures[i]! > 0.05 && dark[i]! < 1)!
      return dark[p]! / pictures[p]!
    })
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.5 - 1e-9)
    expect(Math.max(...factors)).toBeLessThan(1.5)
    expect(new Set(factors.map(f => f.toFixed(6))).size).toBe(rows)

    const model = new TestModel()
    const image = model.input('image', 'f32[1,2,2,3]')
    const none = { brightness: 0, contrast: 0, saturation: 0 }
    expect(colourJitter(model.b, model.input('key', 'u32[2]'), image, none)).toBe(image)
  })

  test('bytes become 0–1', () => {
    const y = evaluate(m => toFloatImage(m.b, m.input('image', 'u8[3]')), { image: [0, 51, 255] })
    expect(difference(y, [0, 0.2, 1])).toBeLessThan(1e-12)
  })
})
