import { sha256 } from '../hash.ts'
import type { ImageRef } from '../table.ts'
import type { Scene } from './scene.ts'

const SCHEME = 'scene:'
/** Bumped when the same scene is drawn with other pixels. */
const RENDERER = 'scenes-1'

/** A picture that is drawn rather than read: its path is the scene itself. */
export function sceneRef(scene: Scene): ImageRef {
  const path = SCHEME + JSON.stringify(scene)
  return { path, hash: sha256(`${RENDERER} ${path}`) }
}

/** The scene of a picture that is drawn; undefined for one in a file. */
export const sceneOf = ({ path }: ImageRef): Scene | undefined =>
  path.startsWith(SCHEME) ? (JSON.parse(path.slice(SCHEME.length)) as Scene) : undefined
