/** Graphs are texts; nothing larger is read to see whether it is one. */
const LARGEST = 64e6

/** Why a file that was dropped on the canvas is not opened, and what to do with it. */
export interface Advice {
  readonly message: string
  readonly hint: string
}

const BESIDE = 'The graph that made it is graph.json in the folder of its run: open that with Ctrl+O.'

const KINDS: readonly (readonly [RegExp, string, string])[] = [
  [/\.safetensors$/i, 'holds weights, not a graph', BESIDE],
  [/^metrics\..*\.jsonl$/i, 'holds the metrics of a run, not a graph', BESIDE],
  [/^(events|left-out\..*)\.jsonl$/i, 'is a log of a run, not a graph', BESIDE],
  [/\.dpt$/i, 'is a bundle, which is read where it lies', 'Open it with Ctrl+O.'],
  [
    /\.(ckpt|pt|pth|bin|pkl|pickle|h5)$/i,
    'may hold code, and is not opened',
    'Weights are read from .safetensors only.',
  ],
  [
    /\.(csv|tsv|jsonl|parquet|tar|zip)$/i,
    'holds data, not a graph',
    'Add a node under Data, and give it the path of the file.',
  ],
  [
    /\.(png|jpe?g|webp|gif|avif|bmp|svg|mp4|webm)$/i,
    'is a picture or a clip, not a graph',
    'Add a Picture folder, and give it the path of its folder.',
  ],
]

/** What to say of a file by its name and size; undefined for one that may be a graph. */
export function adviceOn({
  name,
  size,
}: {
  readonly name: string
  readonly size: number
}): Advice | undefined {
  const [, what, hint] = KINDS.find(([pattern]) => pattern.test(name)) ?? []
  if (what !== undefined && hint !== undefined) return { message: `${name} ${what}.`, hint }
  if (size <= LARGEST) return undefined
  return {
    message: `${name} is too large for a graph.`,
    hint: 'Data is read by a node that is given its path.',
  }
}
