import type { ScenesOptions } from '../../graph/scenes.ts'
import { briefly } from './captions.ts'
import { absentThings } from './claims.ts'
import { letteringBox } from './lettering.ts'
import type { Random } from './random.ts'
import { short, type Vocabulary } from './sample.ts'
import { type Lettering, type Scene, squareOf } from './scene.ts'
import { noun } from './sentences.ts'

/** Short words that no caption of a scene uses otherwise. */
const WORDS = 'SALE EXIT OPEN STOP CAFE TAXI HOTEL MENU BOOK MUSIC PRESS FRESH LUCKY NORTH 24 365 1984'.split(
  ' ',
)

/** The capitals' height, and the most of the picture's width that words take. */
const HEIGHT = 0.11
const WIDTH = 0.94
/** Places that are tried for the words. */
const TRIES = 16

/** The scene with words in it where the options ask for some: of the places tried, where they cover least of its objects. */
export function withWriting(
  scene: Scene,
  options: Pick<ScenesOptions, 'lettering' | 'lettered'> & Vocabulary,
  random: Random,
): Scene {
  if (options.lettering === 'none' || random.unit() >= options.lettered) return scene
  const text = WRITERS[options.lettering](scene, options, random).toUpperCase()
  const { height, halfWidth } = sizeOf(text)
  const places = Array.from({ length: TRIES }, (): Lettering => {
    const [x, y] = [random.between(halfWidth, 1 - halfWidth), random.between(height, 1 - height)]
    return { text, x: short(x), y: short(y), height }
  })
  const [lettering] = places
    .map(place => ({ place, covered: coveredBy(place, scene) }))
    .sort((a, b) => a.covered - b.covered)
  return { ...scene, lettering: lettering!.place }
}

type Writer = (scene: Scene, from: Vocabulary, random: Random) => string

const WRITERS: Readonly<Record<Exclude<ScenesOptions['lettering'], 'none'>, Writer>> = {
  word: (_, __, random) => random.pick(WORDS),
  thing: (scene, _, random) => noun(briefly(random.pick(scene.objects))),
  decoy: (scene, from, random) => noun(random.pick(absentThings(scene, from))),
}

/** Long words are written smaller. */
function sizeOf(text: string): { readonly height: number; readonly halfWidth: number } {
  const widthAt = (height: number): number => {
    const [left, , right] = letteringBox({ text, x: 0.5, y: 0.5, height })
    return right - left
  }
  const height = Math.min(HEIGHT, (HEIGHT * WIDTH) / widthAt(HEIGHT))
  return { height: short(height), halfWidth: widthAt(height) / 2 }
}

/** The area of the objects' squares under the words' plate. */
function coveredBy(lettering: Lettering, { objects }: Scene): number {
  const [left, top, right, bottom] = letteringBox(lettering)
  const areas = objects
    .map(squareOf)
    .map(
      ([l, t, r, b]) =>
        Math.max(0, Math.min(r, right) - Math.max(l, left)) *
        Math.max(0, Math.min(b, bottom) - Math.max(t, top)),
    )
  return areas.reduce((sum, area) => sum + area, 0)
}
