import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { type DecodeOptions, decodeImage, verifyImage } from '../../src/data/decode.ts'
import { noisyJpeg, plainPng, type Rgb } from './helpers.ts'

const squash: DecodeOptions = { size: 4, mode: 'squash' }

/** A picture whose left half is one colour and whose right half another. */
function halves(left: Rgb, right: Rgb, width: number, height: number) {
  const pixels = new Uint8Array(width * height * 3)
  for (let at = 0; at < width * height; at++) pixels.set(at % width < width / 2 ? left : right, at * 3)
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

const pixel = (pixels: Uint8Array, size: number, x: number, y: number) => [
  ...pixels.subarray((y * size + x) * 3, (y * size + x) * 3 + 3),
]

const red: Rgb = [255, 0, 0]
const blue: Rgb = [0, 0, 255]

/** Larger than its picture needs, so that a cut goes through its pixels. */
const loosePng = () => halves(red, blue, 64, 64).png({ compressionLevel: 0 }).toBuffer()

describe('decoding', () => {
  it('gives height × width × RGB in rows', async () => {
    const pixels = await decodeImage(await halves(red, blue, 4, 4).png().toBuffer(), squash)
    expect(pixels.length).toBe(48)
    expect([
      pixel(pixels, 4, 0, 0),
      pixel(pixels, 4, 1, 3),
      pixel(pixels, 4, 2, 0),
      pixel(pixels, 4, 3, 3),
    ]).toEqual([red, red, blue, blue])
  })

  it('stretches, crops to the middle, or pads', async () => {
    // 8 wide, 4 high: the middle 4 columns are half red, half blue.
    const wide = await halves(red, blue, 8, 4).png().toBuffer()
    const row = async (mode: DecodeOptions['mode'], y: number) => {
      const pixels = await decodeImage(wide, { size: 8, mode, background: '#00ff00' })
      return [0, 2, 5, 7].map(x => pixel(pixels, 8, x, y).join())
    }
    expect(await row('squash', 0)).toEqual(['255,0,0', '255,0,0', '0,0,255', '0,0,255'])
    expect(await row('pad', 0)).toEqual(['0,255,0', '0,255,0', '0,255,0', '0,255,0'])
    expect(await row('pad', 4)).toEqual(['255,0,0', '255,0,0', '0,0,255', '0,0,255'])
    const thirds = new Uint8Array(9 * 3 * 3)
    for (let at = 0; at < 27; at++) thirds.set([at % 9 < 3 ? 10 : at % 9 < 6 ? 120 : 230, 0, 0], at * 3)
    const three = await sharp(thirds, { raw: { width: 9, height: 3, channels: 3 } })
      .png()
      .toBuffer()
    const middle = await decodeImage(three, { size: 3, mode: 'crop' })
    expect([0, 1, 2].map(x => middle[x * 3])).toEqual([120, 120, 120])
  })

  it('lays transparency over the background, white unless said', async () => {
    const clear = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer()
    expect(pixel(await decodeImage(clear, squash), 4, 1, 1)).toEqual([255, 255, 255])
    expect(pixel(await decodeImage(clear, { ...squash, background: 'black' }), 4, 1, 1)).toEqual([0, 0, 0])
  })

  it('turns a picture upright by its EXIF orientation', async () => {
    // Orientation 6: the camera was turned, so the stored left side is the shown top.
    const turned = await halves(red, blue, 16, 16).withMetadata({ orientation: 6 }).png().toBuffer()
    const pixels = await decodeImage(turned, { size: 16, mode: 'squash' })
    expect(pixel(pixels, 16, 2, 2)).toEqual(red)
    expect(pixel(pixels, 16, 13, 2)).toEqual(red)
    expect(pixel(pixels, 16, 2, 13)).toEqual(blue)
  })

  it('makes three channels of 8 bits from grey, 16-bit and CMYK pictures and from the first frame of a GIF', async () => {
    const grey = await sharp(new Uint8Array(16).fill(77), { raw: { width: 4, height: 4, channels: 1 } })
      .png()
      .toBuffer()
    expect(pixel(await decodeImage(grey, squash), 4, 0, 0)).toEqual([77, 77, 77])
    const deep = await halves(red, red, 4, 4).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    expect(pixel(await decodeImage(deep, squash), 4, 0, 0)).toEqual(red)
    const cmyk = await halves(red, red, 16, 16).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(cmyk).metadata()).channels).toBe(4)
    const [r, g, b] = pixel(await decodeImage(cmyk, squash), 4, 1, 1)
    expect(r! > 180 && g! < 100 && b! < 100).toBe(true)
    const gif = await sharp(await halves(red, red, 4, 4).png().toBuffer())
      .gif()
      .toBuffer()
    expect(pixel(await decodeImage(gif, squash), 4, 0, 0)).toEqual(red)
  })

  it('gives the same pixels every time', async () => {
    const jpeg = await noisyJpeg(5)
    const once = await decodeImage(jpeg, { size: 24, mode: 'crop' })
    const again = await Promise.all(
      Array.from({ length: 8 }, () => decodeImage(jpeg, { size: 24, mode: 'crop' })),
    )
    for (const pixels of again) expect(Buffer.compare(pixels, once)).toBe(0)
  })
})

describe('a picture that is none', () => {
  it.each([
    ['empty', 'the file is empty', async () => new Uint8Array()],
    ['text', 'it is no JPEG, PNG', async () => Buffer.from('this is not a picture')],
    ['a cut JPEG', 'cut short', async () => (await noisyJpeg(1)).subarray(0, 1500)],
    ['a cut PNG', 'cut short', async () => (await loosePng()).subarray(0, 4000)],
    ['an SVG', 'it is no JPEG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ])('%s is refused by both', async (_name, problem, bytes) => {
    const data = await bytes()
    await expect(decodeImage(data, squash)).rejects.toThrow(problem)
    await expect(verifyImage(data)).rejects.toThrow(problem)
  })

  it('is not decoded where it claims too many pixels', async () => {
    const huge = await plainPng(red)
    huge.writeUInt32BE(10_001, 16)
    huge.writeUInt32BE(10_000, 20)
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29)
    await expect(decodeImage(huge, squash)).rejects.toThrow('it has more than 100 million pixels')
    await expect(verifyImage(huge)).rejects.toThrow('it has more than 100 million pixels')
  })
})

describe('verifying', () => {
  it('tells the size of a whole picture', async () => {
    expect(await verifyImage(await plainPng(blue, 5, 9))).toEqual({ width: 5, height: 9 })
    expect(await verifyImage(await noisyJpeg(2, 48))).toEqual({ width: 48, height: 48 })
  })
})
