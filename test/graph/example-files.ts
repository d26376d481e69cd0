import { parquetWriteBuffer } from 'hyparquet-writer'
import { encodePng } from '../../src/data/decode.ts'
import { captionsOf } from '../../src/data/scenes/captions.ts'
import { randomOf } from '../../src/data/scenes/random.ts'
import { renderScene } from '../../src/data/scenes/render.ts'
import { EVERYTHING, sampleScene } from '../../src/data/scenes/sample.ts'
import { squareOf } from '../../src/data/scenes/scene.ts'
import { makeTar } from '../data/tar-kit.ts'

/** Rows of each file, and the side of their pictures. */
export const COUNT = 12
const SIZE = 48

/** Drawn scenes with their names, captions and PNG bytes; each format gets scenes of its own. */
const rowsFrom = (first: number) =>
  Promise.all(
    Array.from({ length: COUNT }, async (_, i) => {
      const scene = sampleScene(17, first + i, { ...EVERYTHING, objects: [1, 2] })
      const [caption] = captionsOf(scene, randomOf(17, first + i), { styles: ['summary'], placed: true })
      const png = Buffer.from(await encodePng(renderScene(scene, SIZE).pixels, SIZE))
      return { name: `${String(first + i).padStart(3, '0')}.png`, scene, caption: caption!, png }
    }),
  )

const text = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`)
const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)

/** The files of graphs/examples/shapes by name, as the program makes them: one small dataset a reader. */
export async function exampleFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const [folder, records, coco, tar, parquet] = (await Promise.all(
    [0, 1, 2, 3, 4].map(k => rowsFrom(k * COUNT)),
  )) as [Rows, Rows, Rows, Rows, Rows]
  const pictures = [
    ...folder.map(r => [`folder/${r.name}`, r.png] as const),
    ...[...records, ...coco].map(r => [`pictures/${r.name}`, r.png] as const),
  ]
  return new Map<string, Uint8Array>([
    ...pictures,
    [
      'folder/metadata.jsonl',
      text(folder.map(r => JSON.stringify({ file_name: r.name, caption: r.caption }))),
    ],
    ['records.csv', text(['image,caption', ...records.map(r => `pictures/${r.name},"${r.caption}"`)])],
    [
      'coco.json',
      json({
        images: coco.map((r, id) => ({ id, file_name: r.name, width: SIZE, height: SIZE })),
        annotations: coco.map((r, id) => ({ id, image_id: id, caption: r.caption })),
      }),
    ],
    [
      'shard.tar',
      makeTar(
        tar.flatMap(({ name, png, caption, scene }) => [
          { name, data: png },
          {
            name: name.replace('.png', '.json'),
            data: JSON.stringify({ caption, boxes: scene.objects.map(squareOf) }),
          },
        ]),
      ),
    ],
    [
      'rows.parquet',
      new Uint8Array(
        parquetWriteBuffer({
          schema: [
            { name: 'root', num_children: 2 },
            { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
            { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
            { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
            { name: 'caption', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
          ],
          columnData: [
            { name: 'image', data: parquet.map(r => ({ bytes: r.png, path: r.name })) },
            { name: 'caption', data: parquet.map(r => r.caption) },
          ],
        }),
      ),
    ],
    ['tokenizer.json', json(wordTokenizer([folder, records, coco, tar, parquet].flat().map(r => r.caption)))],
  ])
}

type Rows = Awaited<ReturnType<typeof rowsFrom>>

/** A tokenizer of whole words, in Hugging Face's form. */
function wordTokenizer(captions: readonly string[]) {
  const words = [...new Set(captions.flatMap(c => c.match(/\w+|[^\w\s]/g) ?? []))].sort()
  const special = ['<|pad|>', '<|startoftext|>', '<|endoftext|>', '<|unknown|>']
  return {
    version: '1.0',
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries([...special, ...words].map((word, id) => [word, id])),
      unk_token: '<|unknown|>',
    },
  }
}
