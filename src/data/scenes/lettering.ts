import type { Lettering } from './scene.ts'

/** Capitals and digits, five by seven dots; each row's bits from left to right. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  A: [14, 17, 17, 31, 17, 17, 17],
  B: [30, 17, 17, 30, 17, 17, 30],
  C: [14, 17, 16, 16, 16, 17, 14],
  D: [30, 17, 17, 17, 17, 17, 30],
  E: [31, 16, 16, 30, 16, 16, 31],
  F: [31, 16, 16, 30, 16, 16, 16],
  G: [14, 17, 16, 23, 17, 17, 14],
  H: [17, 17, 17, 31, 17, 17, 17],
  I: [14, 4, 4, 4, 4, 4, 14],
  J: [1, 1, 1, 1, 17, 17, 14],
  K: [17, 18, 20, 24, 20, 18, 17],
  L: [16, 16, 16, 16, 16, 16, 31],
  M: [17, 27, 21, 21, 17, 17, 17],
  N: [17, 25, 21, 19, 17, 17, 17],
  O: [14, 17, 17, 17, 17, 17, 14],
  P: [30, 17, 17, 30, 16, 16, 16],
  Q: [14, 17, 17, 17, 21, 18, 13],
  R: [30, 17, 17, 30, 20, 18, 17],
  S: [15, 16, 16, 14, 1, 1, 30],
  T: [31, 4, 4, 4, 4, 4, 4],
  U: [17, 17, 17, 17, 17, 17, 14],
  V: [17, 17, 17, 17, 17, 10, 4],
  W: [17, 17, 17, 21, 21, 27, 17],
  X: [17, 17, 10, 4, 10, 17, 17],
  Y: [17, 17, 10, 4, 4, 4, 4],
  Z: [31, 1, 2, 4, 8, 16, 31],
  0: [14, 17, 19, 21, 25, 17, 14],
  1: [4, 12, 4, 4, 4, 4, 14],
  2: [14, 17, 1, 6, 8, 16, 31],
  3: [31, 2, 4, 2, 1, 17, 14],
  4: [2, 6, 10, 18, 31, 2, 2],
  5: [31, 16, 30, 1, 1, 17, 14],
  6: [6, 8, 16, 30, 17, 17, 14],
  7: [31, 1, 2, 4, 8, 8, 8],
  8: [14, 17, 17, 14, 17, 17, 14],
  9: [14, 17, 17, 15, 1, 2, 12],
  '-': [0, 0, 0, 31, 0, 0, 0],
  ' ': [0, 0, 0, 0, 0, 0, 0],
}
const [COLUMNS, ROWS, ADVANCE] = [5, 7, 6]

export const isWritable = (text: string): boolean => [...text].every(c => c in GLYPHS)

/** Left, top, right and bottom of the words' plate, as shares of the picture's side. */
export function letteringBox({ text, x, y, height }: Lettering): [number, number, number, number] {
  const dot = height / ROWS
  const [halfWidth, halfHeight] = [
    ((text.length * ADVANCE - 1) * dot) / 2 + dot * 1.5,
    height / 2 + dot * 1.5,
  ]
  return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight]
}

/** Writes words in dark dots on a light plate, each pixel by the share of it that is inked. */
export function drawLettering(pixels: Uint8Array, size: number, lettering: Lettering): void {
  const { text, x, y, height } = lettering
  const dot = (height / ROWS) * size
  const left = x * size - ((text.length * ADVANCE - 1) * dot) / 2
  const top = y * size - (height * size) / 2
  const [plateLeft, plateTop, plateRight, plateBottom] = letteringBox(lettering).map(v => v * size)
  const glyphs = [...text].map(c => GLYPHS[c] ?? GLYPHS[' ']!)
  const inked = (px: number, py: number): number => {
    const [column, row] = [Math.floor((px - left) / dot), Math.floor((py - top) / dot)]
    if (row < 0 || row >= ROWS || column < 0) return 0
    const within = column % ADVANCE
    const glyph = glyphs[Math.floor(column / ADVANCE)]
    if (!glyph || within >= COLUMNS) return 0
    return (glyph[row]! >> (COLUMNS - 1 - within)) & 1
  }
  const from = (v: number) => Math.max(0, Math.floor(v))
  const to = (v: number) => Math.min(size, Math.ceil(v))
  const samples = 4
  for (let row = from(plateTop!); row < to(plateBottom!); row++)
    for (let column = from(plateLeft!); column < to(plateRight!); column++) {
      let [plate, ink] = [0, 0]
      for (let s = 0; s < samples * samples; s++) {
        const px = column + ((s % samples) + 0.5) / samples
        const py = row + (Math.floor(s / samples) + 0.5) / samples
        if (px < plateLeft! || px >= plateRight! || py < plateTop! || py >= plateBottom!) continue
        plate++
        ink += inked(px, py)
      }
      const at = (row * size + column) * 3
      const [shown, dark] = [plate / (samples * samples), ink / (samples * samples)]
      for (let i = 0; i < 3; i++)
        pixels[at + i] = pixels[at + i]! * (1 - shown) + 246 * (shown - dark) + 24 * dark
    }
}
