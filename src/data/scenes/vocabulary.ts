import type { SceneBackground, SceneColour, SceneShape, SceneSize, SceneTexture } from '../../graph/scenes.ts'

/** An sRGB colour, 0–255 a channel. */
export type Rgb = readonly [red: number, green: number, blue: number]

export const SHAPES = [
  'circle',
  'square',
  'triangle',
  'diamond',
  'pentagon',
  'hexagon',
  'star',
  'heart',
  'cross',
  'ring',
] as const satisfies readonly SceneShape[]
export type Shape = SceneShape

/** Far enough apart to be told from each other under light and shade, and from every background. */
export const COLOURS = {
  red: [214, 40, 40],
  orange: [247, 127, 0],
  yellow: [252, 211, 25],
  green: [46, 148, 60],
  cyan: [34, 196, 208],
  blue: [38, 84, 214],
  purple: [126, 48, 176],
  pink: [246, 118, 178],
  brown: [122, 74, 38],
  white: [244, 244, 244],
  black: [28, 28, 32],
} as const satisfies Record<SceneColour, Rgb>
export type Colour = SceneColour
export const COLOUR_NAMES = Object.keys(COLOURS) as readonly Colour[]

/** Half the side of an object's square, as a share of the picture's side. */
export const SIZES = { small: 0.08, medium: 0.115, large: 0.165 } as const satisfies Record<SceneSize, number>
export type Size = SceneSize
export const SIZE_NAMES = Object.keys(SIZES) as readonly Size[]

export const TEXTURES = ['plain', 'striped', 'dotted'] as const satisfies readonly SceneTexture[]
export type Texture = SceneTexture

export const BACKGROUNDS = [
  'sky',
  'paper',
  'grass',
  'sand',
  'night',
  'tiles',
  'wood',
  'slate',
] as const satisfies readonly SceneBackground[]
export type Background = SceneBackground
