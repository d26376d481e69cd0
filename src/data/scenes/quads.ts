import { briefly, clearPairs } from './captions.ts'
import { isFalse, isTrue } from './claims.ts'
import type { Random } from './random.ts'
import type { Scene, SceneObject } from './scene.ts'
import { say } from './sentences.ts'

/** How the second picture and caption of a quad differ from the first. */
export const QUAD_KINDS = ['swap_attribute', 'swap_relation'] as const
export type QuadKind = (typeof QUAD_KINDS)[number]

/** Two scenes and two captions of the same words, each true of its own scene and false of the other. */
export interface Quad {
  readonly scenes: readonly [Scene, Scene]
  readonly captions: readonly [string, string]
}

/** What an object takes over from the other one: its colour, or all but its place and size. */
const SWAPS: Readonly<Record<QuadKind, (other: SceneObject) => Partial<SceneObject>>> = {
  swap_attribute: ({ colour }) => ({ colour }),
  swap_relation: ({ shape, colour, texture, angle }) => ({ shape, colour, texture, angle }),
}

/**
 * A quad of a kind that starts from a scene, in the manner of Winoground: two of its things change colours, or places.
 * Undefined where no two things of a scene with their own colour and shape stand clearly beside or above each other.
 * Truth is checked by both scenes' own truth.
 */
export function quadOf(scene: Scene, kind: QuadKind, random: Random): Quad | undefined {
  const pairs = clearPairs(scene).filter(p => p.a.colour !== p.b.colour && p.a.shape !== p.b.shape)
  const wording = { template: random.below(3), words: random.below(2) }
  for (const claim of random.shuffled(pairs)) {
    const [i, j] = [claim.a, claim.b].map(thing =>
      scene.objects.findIndex(o => o.shape === thing.shape && o.colour === thing.colour),
    ) as [number, number]
    const swap = (own: number, other: number): SceneObject => ({
      ...scene.objects[own]!,
      ...SWAPS[kind](scene.objects[other]!),
    })
    const objects = scene.objects.map((o, k) => (k === i ? swap(i, j) : k === j ? swap(j, i) : o))
    const other: Scene = { ...scene, objects }
    const turned = { ...claim, a: briefly(objects[i]!), b: briefly(objects[j]!) }
    const holds = isTrue(scene, claim) && isFalse(scene, turned)
    if (holds && isTrue(other, turned) && isFalse(other, claim))
      return { scenes: [scene, other], captions: [say(claim, wording), say(turned, wording)] }
  }
  return undefined
}
