import type { ClipEvent } from '../../graph/scenes.ts'
import { briefly } from './captions.ts'
import type { Clip } from './clips.ts'
import type { SceneObject } from './scene.ts'
import { aNoun } from './sentences.ts'

/** What is said of an event: the beginning, and its possible and impossible ending in as many words. */
interface Telling {
  readonly tell: (first: string, second: string) => string
  readonly possible: string
  readonly impossible: string
  /** The places of the things that are named, in the first frame. */
  readonly named: readonly [number, number]
}

const TELLINGS: Readonly<Record<ClipEvent, Telling>> = {
  falling: {
    tell: a => `${a} is let go and ends`,
    possible: 'on the floor',
    impossible: 'in the air',
    named: [0, 0],
  },
  collision: {
    tell: (a, b) => `${a} slides into ${b} and`,
    possible: 'stops there',
    impossible: 'passes through',
    named: [1, 0],
  },
  occlusion: {
    tell: (a, b) => `${a} goes behind ${b} and`,
    possible: 'comes out',
    impossible: 'never returns',
    named: [0, 1],
  },
  containment: {
    tell: (a, b) => `${a} comes down over ${b} and`,
    possible: 'takes it along',
    impossible: 'leaves it behind',
    named: [1, 0],
  },
}

export interface Endings {
  /** What happens in the clip. */
  readonly caption: string
  /** The same but for the ending, which is the other one: of as many words. */
  readonly negative: string
  /** The thing that the sentence is about. */
  readonly about: SceneObject
}

/** The true and the false sentence of a clip. */
export function endingsOf({ event, possible, frames }: Clip): Endings {
  const { tell, named, ...ending } = TELLINGS[event]
  const [first, second] = named.map(place => frames[0]!.objects[place]!) as [SceneObject, SceneObject]
  const begun = tell(aNoun(briefly(first)), aNoun(briefly(second)))
  const [own, other] = possible ? [ending.possible, ending.impossible] : [ending.impossible, ending.possible]
  return { caption: `${begun} ${own}`, negative: `${begun} ${other}`, about: first }
}
