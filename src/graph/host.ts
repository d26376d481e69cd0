import type { ClipsOptions, ScenesForm, ScenesOptions } from './scenes.ts'
import type { Attribution, DatasetSchema } from './schema.ts'

/** A dataset as host nodes pass it on: only the engine looks inside. */
export interface DatasetValue {
  readonly kind: 'dataset'
  readonly schema: DatasetSchema
  readonly rows: number
  readonly hash: string
}

export interface TokenizerValue {
  readonly kind: 'tokenizer'
  readonly vocabSize: number
  readonly hash: string
}

/** Plain settings that Train reads: an optimizer with its schedule. */
export interface SettingsValue {
  readonly kind: 'optimizer' | 'schedule' | 'text'
  readonly value: unknown
}

/** What an evaluator measured, or what a host node made of such reports. */
export interface ReportValue {
  readonly kind: 'report'
  readonly value: Report
}

export type HostValue = DatasetValue | TokenizerValue | SettingsValue | ReportValue

/** Inputs of a host node by port: several for a port that takes a list. */
export type HostInputs = Readonly<Record<string, HostValue | readonly HostValue[]>>

/** What every reader of files is told: what columns are, and what a bad row does. */
export interface ReadingOptions {
  readonly kinds: Readonly<Record<string, 'image' | 'text' | 'category' | 'int' | 'float' | 'json' | 'skip'>>
  readonly onBadRow: 'skip' | 'fail'
}

export interface RecordsFile {
  /** May hold braces, `{add_att,swap_obj}.json`. */
  readonly path: string
  readonly images?: string
  readonly pictures: readonly string[]
  /** A column that says which file a row is of. */
  readonly file?: string
  /** Where the files come from: said where one is missing. */
  readonly origin?: string
}

export interface CocoFile {
  readonly path: string
  readonly more?: string
  readonly images?: string
}

type Fields = DatasetSchema['fields']

/** What host nodes may ask for; the engine implements each in `src/engine/services`, over `src/data`. */
export interface Services {
  readonly emoji: (options: {
    readonly split: 'train' | 'test' | 'all'
    readonly language: string
    readonly variants: boolean
    readonly heldOut: number
    readonly seed: number
  }) => Promise<DatasetValue>
  readonly folder: (options: {
    readonly path: string
    readonly metadata?: string
    readonly onBadRow: 'skip' | 'fail'
  }) => Promise<DatasetValue>
  /** Drawn scenes; see the node for what the options mean. */
  readonly scenes: (options: ScenesOptions) => Promise<DatasetValue>
  readonly sceneClips: (options: ClipsOptions) => Promise<DatasetValue>
  /** `path` may hold braces, `shard-{000..009}.tar`. */
  readonly webdataset: (options: ReadingOptions & { readonly path: string }) => Promise<DatasetValue>
  readonly parquet: (options: ReadingOptions & { readonly path: string }) => Promise<DatasetValue>
  readonly records: (options: ReadingOptions & RecordsFile) => Promise<DatasetValue>
  readonly coco: (options: Pick<ReadingOptions, 'onBadRow'> & CocoFile) => Promise<DatasetValue>
  readonly filter: (dataset: DatasetValue, options: { readonly where: string }) => Promise<DatasetValue>
  readonly map: (
    dataset: DatasetValue,
    options: {
      readonly select: readonly string[]
      readonly fields: Fields
      readonly drop: readonly string[]
    },
  ) => Promise<DatasetValue>
  readonly join: (
    left: DatasetValue,
    right: DatasetValue,
    options: {
      readonly keys: readonly string[]
      readonly kind: 'inner' | 'left'
      readonly fields: Fields
      readonly names: Readonly<Record<string, string>>
    },
  ) => Promise<DatasetValue>
  readonly concatenate: (
    datasets: readonly DatasetValue[],
    options: { readonly fields: Fields },
  ) => Promise<DatasetValue>
  readonly mix: (
    datasets: readonly DatasetValue[],
    options: {
      readonly weights: readonly number[]
      readonly rows: number
      readonly seed: number
      readonly fields: Fields
    },
  ) => Promise<DatasetValue>
  readonly sample: (
    dataset: DatasetValue,
    options: {
      readonly amount: { readonly rows: number } | { readonly share: number }
      readonly seed: number
      readonly weight?: string
      readonly replace?: boolean
    },
  ) => Promise<DatasetValue>
  readonly shuffle: (dataset: DatasetValue, options: { readonly seed: number }) => Promise<DatasetValue>
  readonly split: (
    dataset: DatasetValue,
    options: { readonly share: number; readonly seed: number; readonly by?: string },
  ) => Promise<{ readonly train: DatasetValue; readonly test: DatasetValue }>
  readonly shuffleColumn: (
    dataset: DatasetValue,
    options: { readonly column: string; readonly seed: number },
  ) => Promise<DatasetValue>
  readonly bpe: (
    dataset: DatasetValue,
    options: { readonly column: string; readonly vocabSize: number; readonly lowercase: boolean },
  ) => Promise<TokenizerValue>
  readonly tokenizerFile: (options: { readonly path: string }) => Promise<TokenizerValue>
  readonly peekEmoji: (options: {
    readonly language: string
    readonly split: string
  }) => Promise<DatasetSchema>
  readonly peekScenes: (options: ScenesForm) => Promise<DatasetSchema>
  readonly peekSceneClips: (
    options: Pick<ClipsOptions, 'form' | 'count' | 'frames'>,
  ) => Promise<DatasetSchema>
  readonly peekFolder: (options: {
    readonly path: string
    readonly metadata?: string
  }) => Promise<DatasetSchema>
  readonly peekWebdataset: (
    options: Pick<ReadingOptions, 'kinds'> & { readonly path: string },
  ) => Promise<DatasetSchema>
  readonly peekParquet: (
    options: Pick<ReadingOptions, 'kinds'> & { readonly path: string },
  ) => Promise<DatasetSchema>
  readonly peekRecords: (options: Pick<ReadingOptions, 'kinds'> & RecordsFile) => Promise<DatasetSchema>
  readonly peekCoco: (options: CocoFile) => Promise<DatasetSchema>
}

export interface HostContext {
  readonly services: Services
  /** The graph's seed. */
  readonly seed: number
}

/** One picture, class or caption per row of an embedded table; the engine holds the numbers. */
export interface Side {
  readonly rows: number
}

/** A wire's value over a dataset: [rows, width], row-major; the width is 1 where a row has one number. */
export interface Embedding {
  readonly rows: number
  readonly width: number
  readonly values: Float32Array
}

/** What an evaluator may ask for while it measures. All of it runs on the weights it is wired to. */
export interface EvaluationContext {
  /** The evaluator's own dataset: what its input "dataset" holds. */
  readonly dataset: DatasetValue
  /** One category index a row; -1 where a row has none. `from` names another of the evaluator's dataset inputs. */
  category(
    column: string,
    from?: string,
  ): Promise<{ readonly classes: readonly string[]; readonly values: readonly number[] }>
  /** Texts of a column, the variants of each row. `from` names another of the evaluator's dataset inputs. */
  texts(column: string, from?: string): Promise<readonly (readonly string[])[]>
  /** Whether a dataset is wired to an input that may be left open. */
  hasDataset(input: string): boolean
  /** Names of the rows, for tables and pictures in the report. */
  readonly rowIds: readonly string[]
  /** Runs one operand of the pairs wire over every row of the dataset. */
  embedDataset(side: 'rows' | 'columns'): Promise<Side>
  /** Runs one operand of the pairs wire over the pictures of a column. `from` names another dataset input. */
  embedPictures(side: 'rows' | 'columns', column: string, from?: string): Promise<Side>
  /** The same over one picture: the mean of the column's, pixel by pixel. What a model sees that is to be blind. */
  embedMeanPicture(side: 'rows' | 'columns', column: string, from?: string): Promise<Side>
  /** Runs one operand of the pairs wire over texts, tokenised as in training. */
  embedTexts(side: 'rows' | 'columns', texts: readonly string[]): Promise<Side>
  /** Averages groups of unit embeddings and makes the means unit again: prompt ensembles. */
  ensemble(side: Side, groups: readonly (readonly number[])[]): Side
  /** The pairs wire's logits, [rows.rows × columns.rows], row-major. */
  similarities(rows: Side, columns: Side): Promise<Float32Array>
  /** The pairs wire's logits of these cells only, [row, column] each, in their order. */
  pairScores(
    rows: Side,
    columns: Side,
    cells: readonly (readonly [row: number, column: number])[],
  ): Promise<Float32Array>
  /** The wire at an input over every row of a dataset; `from` names another dataset input than "dataset". */
  embed(input: string, from?: string): Promise<Embedding>
}

export interface ReportTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** A matrix to be drawn: a confusion matrix, a heat map of scores. */
export interface ReportMatrix {
  readonly title: string
  /** What rows and columns stand for; without it they are true and predicted classes. */
  readonly axes?: { readonly rows: string; readonly columns: string }
  readonly rowLabels: readonly string[]
  readonly columnLabels: readonly string[]
  readonly values: readonly (readonly number[])[]
}

/** Pictures of the dataset, each with what was retrieved for it. */
export interface ReportGallery {
  readonly title: string
  readonly items: readonly {
    readonly row: string
    readonly label: string
    /** Name of the row's picture among the run's, where it has one. */
    readonly picture?: string
    readonly matches: readonly {
      readonly row: string
      readonly label: string
      readonly correct: boolean
      readonly picture?: string
    }[]
  }[]
}

/** How a bar compares: see the node `evaluation.bar`. */
export const RELATIONS = ['greater', 'less', 'noWorse', 'chance', 'atLeast'] as const
export type Relation = (typeof RELATIONS)[number]

/** What a bar compares, resolved: enough to judge it again on the items of several seeds. */
export interface BarSpec {
  readonly relation: Relation
  /** The figure of the first arm. */
  readonly metric: string
  /** The figure of the second arm; none where the first is compared with a number. */
  readonly against?: string
  /** The number that the figure is compared with, where there is no second arm. */
  readonly value?: number
  readonly margin: number
  /** Whether an item of one arm is the same thing as the item of the same place of the other. */
  readonly paired: boolean
}

/** Whether a claim holds, and by which numbers. */
export interface Verdict {
  readonly claim: string
  readonly met: boolean
  /** The numbers in words. */
  readonly sentence: string
  readonly bar: BarSpec
  /** Of the difference, first arm − second or − value; absent where it can't be told, an outcome being no number. */
  readonly interval?: { readonly difference: number; readonly low: number; readonly high: number }
  /** What the difference is held against: 0, or −margin. */
  readonly threshold: number
}

export interface Report {
  /** Names as people know them: `image_to_text_recall@1`, `top1`, `chance` … */
  readonly metrics: Readonly<Record<string, number>>
  /** Standard errors by metric, where a metric has one. */
  readonly standardErrors?: Readonly<Record<string, number>>
  /** What each item of the dataset adds to a metric's mean, so that two runs can be compared item by item. */
  readonly items?: Readonly<Record<string, readonly number[]>>
  /** What the items of each figure are: figures of one name have the same items, in the same order. */
  readonly itemSets?: Readonly<Record<string, string>>
  /** Of a bar. */
  readonly verdict?: Verdict
  /** What a reader must know before believing the numbers. */
  readonly warnings?: readonly string[]
  readonly tables?: readonly ReportTable[]
  readonly matrices?: readonly ReportMatrix[]
  readonly galleries?: readonly ReportGallery[]
  readonly attribution?: readonly Attribution[]
}
