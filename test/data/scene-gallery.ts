import sharp from 'sharp'
import { sampleClip, sweep } from '../../src/data/scenes/clips.ts'
import { endingsOf } from '../../src/data/scenes/endings.ts'
import { hardPair, NEGATIVE_KINDS } from '../../src/data/scenes/negatives.ts'
import { randomOf } from '../../src/data/scenes/random.ts'
import { renderScene } from '../../src/data/scenes/render.ts'
import { EVERYTHING, sampleScene } from '../../src/data/scenes/sample.ts'
import { type Scene, STRAIGHT } from '../../src/data/scenes/scene.ts'
import { maskOf, truthOf } from '../../src/data/scenes/truth.ts'
import { BACKGROUNDS, COLOUR_NAMES, SHAPES, TEXTURES } from '../../src/data/scenes/vocabulary.ts'
import { withWriting } from '../../src/data/scenes/writing.ts'
import { CLIP_EVENTS } from '../../src/graph/scenes.ts'

/** Square pictures of one size in rows: uint8[size, size, 3] each. */
export interface Sheet {
  readonly size: number
  readonly rows: readonly (readonly Uint8Array[])[]
  /** What its text says under it, in order. */
  readonly says: readonly string[]
}

const SEED = 6
const pixelsOf = (scene: Scene, size: number) => renderScene(scene, size).pixels
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const inRows = <T>(items: readonly T[], width: number): T[][] =>
  range(Math.ceil(items.length / width)).map(r => items.slice(r * width, (r + 1) * width))

/** Scenes of every background, then some more, every third with things that cover each other. */
function scenes(): Sheet {
  const size = 256
  const shown = range(12).map(i =>
    sampleScene(SEED, i, {
      ...EVERYTHING,
      objects: [2, 5],
      overlap: i % 3 === 2,
      backgrounds: [BACKGROUNDS[i % BACKGROUNDS.length]!],
    }),
  )
  return {
    size,
    rows: inRows(
      shown.map(s => pixelsOf(s, size)),
      4,
    ),
    says: [],
  }
}

/** Every shape in every texture, the colours by turns. */
function things(): Sheet {
  const size = 96
  const rows = TEXTURES.map((texture, t) =>
    SHAPES.map((shape, s) => {
      const colour = COLOUR_NAMES[(s + 4 * t) % COLOUR_NAMES.length]!
      const thing = { shape, colour, texture, size: 'large', x: 0.5, y: 0.5, radius: 0.36, angle: 0 } as const
      return pixelsOf({ background: 'paper', look: 0, objects: [thing], camera: STRAIGHT }, size)
    }),
  )
  return { size, rows, says: [] }
}

/** One scene for each kind of hard negative, and its sentences. */
function negatives(): Sheet {
  const size = 192
  const found = NEGATIVE_KINDS.map((kind, k) => {
    for (let i = 20 * k; ; i++) {
      const scene = sampleScene(SEED, i, { ...EVERYTHING, objects: [2, 3] })
      const pair = hardPair(scene, kind, randomOf(SEED, i))
      if (pair) return { scene, pair }
    }
  })
  return {
    size,
    rows: inRows(
      found.map(f => pixelsOf(f.scene, size)),
      4,
    ),
    says: found.flatMap(({ pair }) => [pair.positive, pair.negative]),
  }
}

/** Possible and impossible twins of each event. */
function clips(): Sheet {
  const size = 112
  const all = CLIP_EVENTS.flatMap((event, e) =>
    [true, false].map(possible => sampleClip(SEED, 30 + e, event, possible, { ...EVERYTHING, frames: 8 })),
  )
  return {
    size,
    rows: all.map(clip => clip.frames.map(f => pixelsOf(f, size))),
    says: all.map(clip => endingsOf(clip).caption),
  }
}

/** Two still scenes as a moving camera sees them. */
function sweeps(): Sheet {
  const size = 144
  const rows = [3, 5].map(i =>
    sweep(sampleScene(SEED, i, { ...EVERYTHING, objects: [4, 5] }), 6, SEED, i).map(f => pixelsOf(f, size)),
  )
  return { size, rows, says: [] }
}

/** Words, the names of things that are there, and of things that are not. */
function lettering(): Sheet {
  const size = 192
  const shown = (['word', 'thing', 'decoy'] as const).flatMap((kind, k) =>
    range(2).map(i => {
      const scene = sampleScene(SEED, 40 + 2 * k + i, { ...EVERYTHING, objects: [2, 3] })
      const options = { ...EVERYTHING, lettering: kind, lettered: 1 }
      return withWriting(scene, options, randomOf(SEED, k, i))
    }),
  )
  return {
    size,
    rows: [shown.map(s => pixelsOf(s, size))],
    says: shown.map(s => s.lettering!.text),
  }
}

/** A scene, its masks and its boxes. */
function truth(): Sheet {
  const size = 224
  const rows = [8, 11].map(i => {
    const scene = sampleScene(SEED, i, { ...EVERYTHING, objects: [4, 5], overlap: true })
    const rendered = renderScene(scene, size)
    const known = truthOf(scene, size, rendered)
    const masks = rendered.pixels.map(v => v * 0.25)
    const boxes = Uint8Array.from(rendered.pixels)
    known.forEach(({ mask, visibleBox: box }, k) => {
      const ink = MARKS[k % MARKS.length]!
      maskOf(mask).forEach((inside, pixel) => {
        if (inside) masks.set(ink, pixel * 3)
      })
      if (!box) return
      for (let y = box.top; y < box.bottom; y++)
        for (let x = box.left; x < box.right; x++) {
          const edge = Math.min(x - box.left, box.right - 1 - x, y - box.top, box.bottom - 1 - y)
          if (edge < 2) boxes.set(ink, (y * size + x) * 3)
        }
    })
    return [rendered.pixels, masks, boxes]
  })
  return { size, rows, says: [] }
}

const MARKS = [
  [255, 92, 92],
  [92, 200, 255],
  [255, 214, 64],
  [150, 232, 110],
  [226, 130, 255],
] as const

/** The pictures of docs/scenes.md by their names. */
export const SHEETS: Readonly<Record<string, () => Sheet>> = {
  scenes,
  things,
  negatives,
  clips,
  sweeps,
  lettering,
  truth,
}

const GAP = 6

/** A sheet's pixels, white between its pictures. */
export function layOut({ size, rows }: Sheet): {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
} {
  const [width, height] = [Math.max(...rows.map(r => r.length)), rows.length].map(
    n => n * (size + GAP) + GAP,
  ) as [number, number]
  const pixels = new Uint8Array(width * height * 3).fill(255)
  rows.forEach((row, r) => {
    row.forEach((picture, c) => {
      const [left, top] = [GAP + c * (size + GAP), GAP + r * (size + GAP)]
      for (let y = 0; y < size; y++)
        pixels.set(picture.subarray(y * size * 3, (y + 1) * size * 3), ((top + y) * width + left) * 3)
    })
  })
  return { width, height, pixels }
}

export const encode = (sheet: Sheet): Promise<Buffer> => {
  const { width, height, pixels } = layOut(sheet)
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp({ quality: 88, smartSubsample: true })
    .toBuffer()
}
