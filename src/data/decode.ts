import sharp, { type Sharp } from 'sharp'
import { reason } from './error.ts'

/** How a picture of any size becomes size × size: stretched, cut to its middle (as CLIP does), or padded. */
export type ResizeMode = 'squash' | 'crop' | 'pad'

export interface DecodeOptions {
  /** Height and width of the result, in pixels. */
  readonly size: number
  readonly mode: ResizeMode
  /** What shows through transparency and in the margins of `pad`; default white. Any CSS colour. */
  readonly background?: string
}

/** Larger pictures are refused before their pixels are touched: a small file may claim to be huge. */
export const MAX_PIXELS = 100_000_000

const FIT = { squash: 'fill', crop: 'cover', pad: 'contain' } as const

// One picture is one unit of work here: threads inside libvips would only fight the lanes around it, and its
// cache of operations would keep pixels alive that are never asked for again.
sharp.concurrency(1)
sharp.cache(false)
// Only these formats are read, whatever a file calls itself: libvips knows many more, some of which fetch or render.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff'].map(format => `VipsForeignLoad${format}`),
})

/** The extensions whose formats can be decoded, without the dot. */
export const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  'jpg',
  'jpeg',
  'png',
  'webp',
  'gif',
  'tif',
  'tiff',
])

/** Names the decoder's version: packs made by another one are not reused, because pixels may differ. */
export function decoderVersion(): string {
  return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`
}

/**
 * Decodes one picture to uint8[size, size, 3], sRGB. Turned upright by its EXIF orientation; transparency is laid
 * over the background before resizing; of an animation the first frame; resized with Lanczos3.
 * Throws where the bytes are no whole picture.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Uint8Array> {
  const { size, mode, background = 'white' } = options
  return decoding(bytes, async image => {
    const pixels = await image
      .autoOrient()
      .flatten({ background })
      .resize({ width: size, height: size, fit: FIT[mode], kernel: 'lanczos3', background })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer()
    if (pixels.length !== size * size * 3) throw new Error(`decoded to ${pixels.length} bytes`)
    return pixels
  })
}

/**
 * Decodes every byte of a picture and keeps nothing but its size: finds what a look at the header cannot, such as
 * a file that was cut short. Throws as decoding would.
 */
export function verifyImage(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  return decoding(bytes, async image => {
    const { width, height } = await image.metadata()
    await image.resize({ width: 8, height: 8, fit: 'fill' }).raw().toBuffer()
    return { width, height }
  })
}

/** Raw pixels uint8[size, size, 3] as PNG: for pictures that are drawn. */
export const encodePng = (pixels: Uint8Array, size: number): Promise<Uint8Array> =>
  sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer()

/** A picture as WebP, no side longer than `side`, never enlarged; transparency stays. For reports. */
export function thumbnail(bytes: Uint8Array, side: number): Promise<Uint8Array> {
  return decoding(bytes, image =>
    image
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .webp({ quality: 90, smartSubsample: true })
      .toBuffer(),
  )
}

/** Encoded pictures in rows of `columns`, each in the middle of its own square of `side` pixels, as WebP. */
export async function tiled(
  pictures: readonly Uint8Array[],
  columns: number,
  side: number,
): Promise<Uint8Array> {
  const parts = await Promise.all(
    pictures.map(async (bytes, i) => {
      const { width, height } = await sharp(bytes).metadata()
      const [column, row] = [i % columns, Math.floor(i / columns)]
      return {
        input: Buffer.from(bytes),
        left: column * side + ((side - width) >> 1),
        top: row * side + ((side - height) >> 1),
      }
    }),
  )
  const rows = Math.ceil(pictures.length / columns)
  return sharp({
    create: { width: side * columns, height: side * rows, channels: 4, background: '#0000' },
  })
    .composite(parts)
    .webp({ quality: 90, smartSubsample: true })
    .toBuffer()
}

async function decoding<T>(bytes: Uint8Array, work: (image: Sharp) => Promise<T>): Promise<T> {
  if (bytes.length === 0) throw new Error('the file is empty')
  try {
    return await work(sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, pages: 1 }))
  } catch (error) {
    throw new Error(fault(error))
  }
}

/** In our own words: libvips keeps one list of errors for all its threads, so its text may be another picture's. */
function fault(error: unknown): string {
  const text = reason(error)
  if (text.includes('unsupported image format')) return 'it is no JPEG, PNG, WebP, GIF or TIFF picture'
  if (text.includes('pixel limit')) return `it has more than ${MAX_PIXELS / 1e6} million pixels`
  return 'it is broken or was cut short'
}
