import type { Embedding, EvaluationContext, Report, Side } from '../../src/graph/host.ts'
import type { EvaluatorNode } from '../../src/graph/kit.ts'
import { registry } from '../../src/nodes/index.ts'

type Rows = readonly (readonly number[])[]

/** Sides of an evaluation that hold their own numbers. */
interface KnownSide extends Side {
  readonly values: Rows
}
const sideOf = (values: Rows): KnownSide => ({ rows: values.length, values })

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * b[i]!, 0)

/** A dataset with its embeddings, as a test knows them. */
export interface Known {
  /** Embeddings of the pictures, by column; the first column is the one that the pairs wire reads. */
  readonly pictures: Readonly<Record<string, Rows>>
  readonly meanPicture?: readonly number[]
  /** Embeddings of texts: those asked for, or of the column that the pairs wire reads. */
  readonly textRows?: (asked?: readonly string[]) => Rows
  readonly texts?: Readonly<Record<string, readonly (readonly string[])[]>>
  readonly categories?: Readonly<
    Record<string, { readonly classes: readonly string[]; readonly values: readonly number[] }>
  >
  /** Wires by dataset input and input. */
  readonly wires?: Readonly<Record<string, Readonly<Record<string, Rows>>>>
  /** Categories of further dataset inputs. */
  readonly others?: Readonly<Record<string, NonNullable<Known['categories']>>>
  /** Pictures and texts of a further dataset input, by its name. */
  readonly further?: Readonly<Record<string, Pick<Known, 'pictures' | 'meanPicture' | 'texts'>>>
  /** The score of two embeddings; by default a hundred times their dot product. */
  readonly score?: (row: readonly number[], column: readonly number[]) => number
}

/** What the engine gives an evaluator, over given embeddings. */
export function contextOf(known: Known): EvaluationContext {
  const { pictures, textRows = () => [], texts = {}, categories = {}, wires = {}, others = {} } = known
  const { score = (x, y) => 100 * dot(x, y) } = known
  const { further = {} } = known
  const at = (from: string) => (from === 'dataset' ? known : further[from]!)
  const [first = []] = Object.values(pictures)
  return {
    dataset: { kind: 'dataset', schema: { fields: {} }, rows: first.length, hash: '' },
    rowIds: first.map((_, i) => String(i)),
    category: async (column, from = 'dataset') =>
      (from === 'dataset' ? categories : others[from]!)[column] ?? { classes: [], values: [] },
    texts: async (column, from = 'dataset') =>
      (from === 'dataset' ? texts : at(from).texts!)[column] ?? first.map((_, i) => [`row ${i}`]),
    hasDataset: input => input === 'dataset' || input in others || input in further,
    embedDataset: async side => sideOf(side === 'rows' ? first : textRows()),
    embedPictures: async (_, column, from = 'dataset') => sideOf(at(from).pictures[column]!),
    embedMeanPicture: async (_, __, from = 'dataset') => sideOf([at(from).meanPicture!]),
    embedTexts: async (_, asked) => sideOf(textRows(asked)),
    ensemble: (side, groups) =>
      sideOf(
        groups.map(group => {
          const rows = group.map(i => (side as KnownSide).values[i]!)
          const mean = rows[0]!.map((_, k) => rows.reduce((s, row) => s + row[k]!, 0) / rows.length)
          const length = Math.hypot(...mean)
          return mean.map(x => x / length)
        }),
      ),
    similarities: async (rows, columns) =>
      Float32Array.from(
        (rows as KnownSide).values.flatMap(x => (columns as KnownSide).values.map(y => score(x, y))),
      ),
    pairScores: async (rows, columns, cells) =>
      Float32Array.from(cells, ([r, c]) =>
        score((rows as KnownSide).values[r]!, (columns as KnownSide).values[c]!),
      ),
    embed: async (input, from = 'dataset'): Promise<Embedding> => {
      const values = wires[from]![input]!
      return { rows: values.length, width: values[0]!.length, values: Float32Array.from(values.flat()) }
    },
  }
}

export function evaluate(type: string, params: object, context: EvaluationContext): Promise<Report> {
  const def = registry.get(type) as EvaluatorNode
  return def.evaluate(context, def.params.parse(params))
}
