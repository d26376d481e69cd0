import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePng } from '../../data/decode.ts'
import { ScenePool } from '../../data/scenes/pool.ts'
import { type SceneRow, sceneRows } from '../../data/scenes/rows.ts'
import type { GraphDocument } from '../../graph/document.ts'
import { ALL_SCENES } from '../../graph/scenes.ts'
import { type ClipSize, clipBenchGraph } from './clip.ts'
import type { DataSize } from './data.ts'

export const drawnRows = (pictures: number): SceneRow[] => [
  ...sceneRows({
    ...ALL_SCENES,
    form: 'captions',
    count: pictures,
    side: 'train',
    objects: [1, 5],
    negatives: [],
  }),
]

/** Drawn scenes as people keep pictures: PNG files with captions beside them, in `folder/pictures`. */
export async function writePictures(folder: string, { pictures, side }: DataSize): Promise<void> {
  const rows = drawnRows(pictures)
  const pool = new ScenePool()
  try {
    await mkdir(join(folder, 'pictures'))
    const drawn = await pool.render(
      rows.map(r => r.scene),
      side,
    )
    const lines: string[] = []
    for (const [i, { captions }] of rows.entries()) {
      await writeFile(join(folder, 'pictures', `${i}.png`), await encodePng(drawn[i]!, side))
      lines.push(JSON.stringify({ file_name: `${i}.png`, caption: captions[0] }))
    }
    await writeFile(join(folder, 'pictures', 'metadata.jsonl'), `${lines.join('\n')}\n`)
  } finally {
    await pool.close()
  }
}

/** The graph of the CLIP benchmark on these pictures, with a tokenizer learnt from their captions. */
export function dataGraph(size: ClipSize): GraphDocument {
  const graph = clipBenchGraph(size)
  return {
    ...graph,
    nodes: {
      ...graph.nodes,
      pictures: { type: 'data.folder', v: 1, params: { path: 'pictures' }, in: {} },
      tokenizer: {
        type: 'text.bpe',
        v: 1,
        params: { vocabSize: 512 },
        in: { dataset: 'pictures.dataset' },
      },
    },
    lock: {},
  }
}
