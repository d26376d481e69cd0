import type { WatchOutput } from '../../graph/compile/watch-slice.ts'
import type { GraphNodes } from '../../graph/slice.ts'
import type { WatchedTensor, WatchSpec } from '../../protocol/watch.ts'
import type { Parts } from './bytes.ts'
import { cosines, flatten, type Plane } from './reduce.ts'
import { type Pictures, picturesOf, readOf, textsOf, type WatchSample } from './sample.ts'

interface Shown {
  readonly spec: WatchSpec
  readonly sample: WatchSample
  readonly graph: GraphNodes
  readonly output: WatchOutput
  readonly plane: Plane
  /** Indices of the leading axes. */
  readonly at: readonly number[]
}

type Sequence = NonNullable<WatchedTensor['sequence']>

/** Fewer patches than this are no map of a picture. */
const FEW = 4

/**
 * A tensor whose rows are tokens, seen from one of them: attention maps by the weights of that query, states by their
 * cosine with its state, ids as they are. Patches lie over their picture, words under their text.
 */
export function sequenceOf(shown: Shown, parts: Parts): Sequence | undefined {
  const { spec, output, plane } = shown
  const kind = kindOf(output)
  if (!kind) return undefined
  const count = kind === 'attention' || kind === 'ids' ? plane.columns : plane.rows
  const places = kind === 'attention' ? plane.rows : count
  const token = Math.max(0, Math.min(places - 1, spec.token ?? 0))
  const row =
    kind === 'attention'
      ? plane.values.subarray(token * count, (token + 1) * count)
      : kind === 'cosine'
        ? cosines(plane, token)
        : undefined
  return {
    kind,
    token,
    ...(row && { values: parts.plane({ rows: 1, columns: count, values: row }) }),
    ...sourceOf(shown, count, parts),
  }
}

/** How the rows of a tensor are tokens; undefined where they are none. */
export function kindOf({ field, type: { dims, dtype } }: WatchOutput): Sequence['kind'] | undefined {
  if (field === 'ids') return 'ids'
  const [rows, columns] = dims.slice(-2)
  if (dtype !== 'float' || !rows || !columns) return undefined
  if (rows.name === 'query' && columns.name === 'key') return 'attention'
  return rows.name === 'token' || rows.name === 'length' ? 'cosine' : undefined
}

/** What the tokens were made from: a picture cut into that many patches, or a text of that length. */
function sourceOf(
  { spec, sample, graph, output, at }: Shown,
  count: number,
  parts: Parts,
): Pick<Sequence, 'tokens' | 'grid' | 'picture'> {
  // Heads are of the same row.
  const leading = output.type.dims.slice(0, at.length).flatMap((d, i) => (d.name === 'head' ? [] : [i]))
  const sizes = leading.map(i => output.type.dims[i]!.size)
  const index = flatten(
    leading.map(i => at[i]!),
    sizes,
  )
  const all = sizes.reduce((n, size) => n * size, 1)
  for (const wire of readOf(graph, spec.wire, 'picture')) {
    const pictures = picturesOf(sample, wire)
    const grid = pictures && gridOf(pictures, count)
    if (!grid || pictures.leading.reduce((n, size) => n * size, 1) !== all) continue
    const { height, width, channels } = pictures
    return { grid, picture: parts.picture(pictures.at(index), height, width, channels) }
  }
  for (const wire of [...readOf(graph, spec.wire, 'text'), spec.wire]) {
    const texts = textsOf(sample, wire)
    if (texts?.length === count) return { tokens: texts.at(index) }
  }
  return {}
}

/** Square patches that tile the picture, with or without a class token in front; undefined where none do. */
export function gridOf(
  { height, width }: Pick<Pictures, 'height' | 'width'>,
  tokens: number,
): Sequence['grid'] {
  for (const first of [0, 1]) {
    const rows = Math.sqrt(((tokens - first) * height) / width)
    const columns = (tokens - first) / rows
    const isWhole = Number.isInteger(rows) && Number.isInteger(columns)
    if (isWhole && tokens - first >= FEW && height % rows === 0 && height / rows === width / columns)
      return { rows, columns, first }
  }
  return undefined
}
