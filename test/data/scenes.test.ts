import { describe, expect, test } from 'vitest'
import { captionsOf, clearPairs } from '../../src/data/scenes/captions.ts'
import { isFalse, isTrue } from '../../src/data/scenes/claims.ts'
import { sampleClip, sweep } from '../../src/data/scenes/clips.ts'
import { hardPair, NEGATIVE_KINDS } from '../../src/data/scenes/negatives.ts'
import { askAbout, QUESTION_KINDS } from '../../src/data/scenes/questions.ts'
import { randomOf } from '../../src/data/scenes/random.ts'
import { inCamera, renderScene } from '../../src/data/scenes/render.ts'
import { EVERYTHING, sampleScene } from '../../src/data/scenes/sample.ts'
import type { Scene, SceneObject } from '../../src/data/scenes/scene.ts'
import { isHeldOutPair } from '../../src/data/scenes/splits.ts'
import { anchorOf, maskOf, truthOf } from '../../src/data/scenes/truth.ts'
import { COLOUR_NAMES, COLOURS, SHAPES } from '../../src/data/scenes/vocabulary.ts'
import { CLIP_EVENTS, SCENE_STYLES } from '../../src/graph/scenes.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const scenes = (n: number, seed = 1): Scene[] =>
  range(n).map(i => sampleScene(seed, i, { ...EVERYTHING, overlap: i % 2 === 0 }))

/** The named colour whose hue and lightness are nearest to a pixel, lit or shaded. */
function nearestColour(r: number, g: number, b: number): string {
  const distance = (name: keyof typeof COLOURS): number => {
    const [x, y, z] = COLOURS[name]
    // The shade is free within what light does.
    const best = Math.max(0.75, Math.min(1.3, (r * x + g * y + b * z) / (x * x + y * y + z * z)))
    return (r - x * best) ** 2 + (g - y * best) ** 2 + (b - z * best) ** 2
  }
  return COLOUR_NAMES.reduce((a, c) => (distance(c) < distance(a) ? c : a))
}

describe('sampling', () => {
  test('a scene is a pure function of seed and index', () => {
    expect(sampleScene(3, 17, EVERYTHING)).toEqual(sampleScene(3, 17, EVERYTHING))
    expect(sampleScene(3, 17, EVERYTHING)).not.toEqual(sampleScene(3, 18, EVERYTHING))
    expect(sampleScene(3, 17, EVERYTHING)).not.toEqual(sampleScene(4, 17, EVERYTHING))
  })

  test('keeps to its options, inside the picture, each colour and shape once', () => {
    for (const scene of scenes(300)) {
      expect(scene.objects.length).toBeGreaterThanOrEqual(1)
      expect(scene.objects.length).toBeLessThanOrEqual(5)
      for (const { x, y, radius } of scene.objects)
        expect(Math.min(x - radius, y - radius, 1 - x - radius, 1 - y - radius)).toBeGreaterThan(0)
      const kinds = scene.objects.map(o => `${o.colour} ${o.shape}`)
      expect(new Set(kinds).size).toBe(kinds.length)
    }
  })

  test('every shape, colour, size, texture and background comes up', () => {
    const all = scenes(400)
    const seen = (of: (o: SceneObject) => string) => new Set(all.flatMap(s => s.objects.map(of))).size
    expect(seen(o => o.shape)).toBe(SHAPES.length)
    expect(seen(o => o.colour)).toBe(COLOUR_NAMES.length)
    expect(seen(o => o.size)).toBe(3)
    expect(seen(o => o.texture)).toBe(3)
    expect(new Set(all.map(s => s.background)).size).toBe(8)
  })

  test('a split holds combinations out, each colour and shape in few of its own', () => {
    const held = SHAPES.flatMap(shape => COLOUR_NAMES.map(colour => isHeldOutPair({ shape, colour })))
    expect(held.filter(Boolean).length / held.length).toBeCloseTo(0.2, 1)
    const train = {
      ...EVERYTHING,
      allows: (o: { shape: SceneObject['shape']; colour: SceneObject['colour'] }) => !isHeldOutPair(o),
    }
    for (const i of range(200)) expect(sampleScene(5, i, train).objects.filter(isHeldOutPair)).toEqual([])
  })
})

describe('rendering', () => {
  test('the same scene gives the same bytes', () => {
    const scene = sampleScene(1, 3, EVERYTHING)
    expect(Buffer.from(renderScene(scene, 64).pixels).equals(renderScene(scene, 64).pixels)).toBe(true)
  })

  test.each([32, 64, 200, 512])('the named colour is at the middle of every object at %i pixels', size => {
    const wrong: string[] = []
    for (const [i, scene] of scenes(size > 200 ? 12 : 60).entries()) {
      const { pixels, owners } = renderScene(scene, size)
      scene.objects.forEach((object, place) => {
        const [x, y] = anchorOf(object)
        const pixel = Math.floor(y * size) * size + Math.floor(x * size)
        expect(owners[pixel]).toBe(place)
        const [r, g, b] = pixels.subarray(pixel * 3, pixel * 3 + 3)
        const seen = nearestColour(r!, g!, b!)
        if (seen !== object.colour)
          wrong.push(`${i}: ${object.colour} ${object.shape} looks ${seen} (${r},${g},${b})`)
      })
    }
    expect(wrong).toEqual([])
  })

  test('boxes are tight to one pixel, by the pixels that change when the object is taken away', () => {
    for (const scene of scenes(40)) {
      const size = 96
      const alone = scene.objects.map(o => ({ ...scene, objects: [o] }))
      const empty = renderScene({ ...scene, objects: [] }, size).pixels
      const truth = truthOf(scene, size)
      alone.forEach((one, place) => {
        const { pixels, owners } = renderScene(one, size)
        // A shadow only darkens by a third; an object changes more, somewhere on each of its four sides.
        const changed = (pixel: number): boolean =>
          owners[pixel] === 0 &&
          !pixels.subarray(pixel * 3, pixel * 3 + 3).every((v, k) => v === empty[pixel * 3 + k])
        const columns = range(size * size)
          .filter(changed)
          .map(p => p % size)
        const rows = range(size * size)
          .filter(changed)
          .map(p => Math.floor(p / size))
        const box = truth[place]!.box!
        expect(Math.abs(Math.min(...columns) - box.left)).toBeLessThanOrEqual(1)
        expect(Math.abs(Math.max(...columns) + 1 - box.right)).toBeLessThanOrEqual(1)
        expect(Math.abs(Math.min(...rows) - box.top)).toBeLessThanOrEqual(1)
        expect(Math.abs(Math.max(...rows) + 1 - box.bottom)).toBeLessThanOrEqual(1)
      })
    }
  })

  test('masks are what is seen: the front covers the back, none of it twice', () => {
    for (const scene of scenes(40)) {
      const rendered = renderScene(scene, 64)
      const truth = truthOf(scene, 64, rendered)
      const sum = new Uint8Array(64 * 64)
      truth.forEach(({ mask, visible }, place) => {
        expect(visible).toBeGreaterThan(0.3)
        const own = maskOf(mask)
        expect(own).toEqual(rendered.owners.map(o => (o === place ? 1 : 0)))
        own.forEach((v, pixel) => {
          sum[pixel]! += v
        })
      })
      expect(Math.max(...sum)).toBeLessThanOrEqual(1)
      expect(truth.at(-1)!.visible).toBeGreaterThan(0.97)
    }
  })

  test('a camera moves what is seen as it says', () => {
    const scene = sampleScene(1, 5, EVERYTHING)
    for (const frame of sweep(scene, 5, 1, 2)) {
      const { owners } = renderScene(frame, 128)
      frame.objects.forEach((object, place) => {
        const [x, y] = anchorOf(inCamera(object, frame.camera))
        if (Math.min(x, y, 1 - x, 1 - y) <= 0) return
        expect(owners[Math.floor(y * 128) * 128 + Math.floor(x * 128)]).toBe(place)
      })
    }
  })
})

describe('language', () => {
  const options = { styles: SCENE_STYLES, placed: true }

  test('captions name what is there, the first one reads well', () => {
    const scene = sampleScene(1, 4, EVERYTHING)
    expect(captionsOf(scene, randomOf(1, 4), options)[0]).toBe(
      'a red pentagon to the left of a pink circle on slate',
    )
    for (const s of scenes(100)) {
      for (const claim of clearPairs(s)) expect(isTrue(s, claim)).toBe(true)
      const captions = captionsOf(s, randomOf(9), options)
      expect(captions.every(c => !/undefined| {2}/.test(c))).toBe(true)
      expect(new Set(captions).size).toBe(captions.length)
    }
  })

  test.each(NEGATIVE_KINDS)(
    '%s: the same number of words, another sentence, found for most scenes of three',
    kind => {
      let found = 0
      for (const i of range(200)) {
        const scene = sampleScene(2, i, { ...EVERYTHING, objects: [3, 3] })
        const pair = hardPair(scene, kind, randomOf(4, i))
        if (!pair) continue
        found++
        expect(pair.negative).not.toBe(pair.positive)
        expect(pair.negative.split(' ')).toHaveLength(pair.positive.split(' ').length)
        if (kind === 'negate' || kind === 'swap_attribute' || kind === 'shuffle_words')
          // The same bag of words, but for the article before a vowel.
          expect(bag(pair.negative)).toEqual(bag(pair.positive))
      }
      expect(found).toBeGreaterThan(kind === 'add_attribute' ? 120 : 150)
    },
  )

  test('a relation that only just holds is neither true nor false', () => {
    const base = sampleScene(1, 4, { ...EVERYTHING, objects: [2, 2] })
    const [a, b] = base.objects as [SceneObject, SceneObject]
    const scene = {
      ...base,
      objects: [
        { ...a, x: 0.5, y: 0.3 },
        { ...b, x: 0.54, y: 0.7 },
      ],
    }
    const claim = {
      kind: 'relation',
      a: { shape: a.shape, colour: a.colour },
      relation: 'left of',
      b: { shape: b.shape, colour: b.colour },
    } as const
    expect([isTrue(scene, claim), isFalse(scene, claim)]).toEqual([false, false])
  })

  test.each(QUESTION_KINDS)('%s questions: an option answers, and guessing yes earns about half', kind => {
    const answers = range(400).flatMap(i => {
      const asked = askAbout(sampleScene(6, i, EVERYTHING), kind, randomOf(7, i))
      if (asked) expect(asked.options).toContain(asked.answer)
      return asked ? [asked.answer] : []
    })
    expect(answers.length).toBeGreaterThan(200)
    if (!answers.every(a => a === 'yes' || a === 'no')) return
    const share = answers.filter(a => a === 'yes').length / answers.length
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / answers.length))
  })
})

describe('clips', () => {
  test.each(CLIP_EVENTS)('%s: possible and impossible are equal until the moment that breaks', event => {
    for (const i of range(30)) {
      const options = { ...EVERYTHING, frames: 16 }
      const [good, odd] = [sampleClip(1, i, event, true, options), sampleClip(1, i, event, false, options)]
      const at = odd.breaksAt!
      expect(at).toBeGreaterThan(1)
      expect(odd.frames.slice(0, at)).toEqual(good.frames.slice(0, at))
      expect(odd.frames.at(-1)).not.toEqual(good.frames.at(-1))
    }
  })
})

const bag = (text: string): string[] =>
  text
    .replace(/\ban\b/g, 'a')
    .replaceAll(',', '')
    .split(' ')
    .sort()
