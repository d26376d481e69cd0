import type { Background, Colour, Shape, Size, Texture } from './vocabulary.ts'

/** One thing in a scene. Lengths are shares of the picture's side; x goes right, y down. */
export interface SceneObject {
  readonly shape: Shape
  readonly colour: Colour
  readonly size: Size
  readonly texture: Texture
  /** Its centre. */
  readonly x: number
  readonly y: number
  /** Half the side of the square that holds it. */
  readonly radius: number
  /** Turned clockwise by this, in radians. */
  readonly angle: number
}

/** Left, top, right and bottom of the square that holds an object, in shares of the picture's side. */
export const squareOf = ({ x, y, radius }: SceneObject): readonly [number, number, number, number] =>
  [x - radius, y - radius, x + radius, y + radius].map(v => Math.round(v * 1e4) / 1e4) as unknown as [
    number,
    number,
    number,
    number,
  ]

/** Words written into the picture, in capitals. */
export interface Lettering {
  readonly text: string
  /** The middle of the line. */
  readonly x: number
  readonly y: number
  /** Height of a capital. */
  readonly height: number
}

/** Where a camera looks: the picture shows the square around (x, y) of side 1 / zoom, turned by `angle`. */
export interface Camera {
  readonly x: number
  readonly y: number
  readonly zoom: number
  readonly angle: number
}

export const STRAIGHT: Camera = { x: 0.5, y: 0.5, zoom: 1, angle: 0 }

/** All that a picture shows: rendering it is a pure function of it and the size. */
export interface Scene {
  readonly background: Background
  /** Chooses among the looks of a background. */
  readonly look: number
  /** From the back to the front: later ones cover earlier ones. */
  readonly objects: readonly SceneObject[]
  readonly lettering?: Lettering
  /** Where the ground begins that things stand on: everything below is darker. */
  readonly floor?: number
  readonly camera: Camera
}
