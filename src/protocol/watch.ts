/** A wire that a person watches in a run, and which part of it is looked at. */
export interface WatchSpec {
  /** The watcher's own name for it. */
  readonly id: string
  /** `node.port` of the run's graph. */
  readonly wire: string
  /** A value inside the wire's node that the node offers, such as `transformer/resblocks/0/attn/attention`. */
  readonly inner?: string
  /** Of a record: which tensor of it; by default the one that says most. */
  readonly field?: string
  /**
   * Over which rows: the batch of the step that comes next, as that step sees it (augmented, with its random keys);
   * or the batch of one step, kept for as long as it is watched and computed as an evaluation would.
   */
  readonly sample: 'next' | { readonly step: number }
  /** While training runs, it is computed every so many steps; 0: only when the run is held. */
  readonly every: number
  /** Indices along the leading axes, of which one plane is shown. 0 where there is none. */
  readonly at?: readonly number[]
  /** Index of the token that the others are compared with, where the wire is a sequence. */
  readonly token?: number
  /** Of a similarity matrix: the cell that is opened. */
  readonly cell?: readonly [row: number, column: number]
}

/** Numbers over all values of a tensor. NaN and infinities are counted, and left out of all else. */
export interface WatchStats {
  readonly count: number
  /** Absent where no value is finite. */
  readonly min?: number
  readonly max?: number
  readonly mean?: number
  /** Standard deviation, divided by the count. */
  readonly std?: number
  readonly nan: number
  readonly infinite: number
  /** Share of values that are exactly 0. */
  readonly zero: number
  /**
   * Of attention weights: the entropy −Σₖ pₖ ln pₖ of a query's weights over its keys, in nats, as the mean over all
   * queries of all heads and rows. 0 where each query sees one key, ln K where it sees K keys alike.
   */
  readonly entropy?: number
}

export interface WatchAxis {
  readonly name: string
  readonly size: number
}

/** Numbers f32 [rows, columns] among the bytes of an answer. */
export interface WatchPlane {
  readonly offset: number
  readonly rows: number
  readonly columns: number
}

/** A picture among the bytes of an answer: RGBA, `width` × `height`. */
export interface WatchPicture {
  readonly offset: number
  readonly width: number
  readonly height: number
}

export interface WatchToken {
  readonly text: string
  /** False for padding. */
  readonly valid: boolean
}

/** One side of a pair: a row of the dataset. */
export interface WatchSide {
  /** The row's name. */
  readonly row: string
  readonly text?: string
  readonly picture?: WatchPicture
}

/** A cell of a similarity matrix. Ranks count from 1, ties against the pair. */
export interface WatchCell {
  readonly row: WatchSide
  readonly column: WatchSide
  readonly score: number
  /** Of the column among all columns of this row, and of the row among all rows of this column. */
  readonly rankInRow: number
  readonly rankInColumn: number
  readonly rows: number
  readonly columns: number
}

/** What a watched tensor holds, reduced to what is shown. Planes and pictures lie in the bytes that come along. */
export interface WatchedTensor {
  readonly field: string
  /** Tensors of the record that can be picked; one, '', where the wire is a tensor. */
  readonly fields: readonly string[]
  /** Inner values that the wire's node offers. */
  readonly inner: readonly string[]
  readonly dtype: 'float' | 'int' | 'bool'
  readonly axes: readonly WatchAxis[]
  readonly stats: WatchStats
  /** How many finite values lie in each of equal parts from `min` to `max`. */
  readonly histogram: readonly number[]
  /**
   * A plane along two axes, by their places (-1 where the tensor has fewer), at `at` along all others in their order.
   * Where the axes are longer than the plane, its cells are means.
   */
  readonly plane: WatchPlane & {
    readonly axes: readonly [rows: number, columns: number]
    readonly at: readonly number[]
  }
  /** Names of the dataset's rows along the first axis, where that is the batch. */
  readonly rowNames: readonly string[]
  /** Where the wire is a sequence of tokens: how each relates to the one that is picked. */
  readonly sequence?: {
    readonly kind: 'attention' | 'cosine' | 'ids'
    readonly token: number
    /** f32 [1, tokens]: attention weights of the picked token, or the cosine of its state with each other's. */
    readonly values?: WatchPlane
    readonly tokens?: readonly WatchToken[]
    /** Tokens that are patches of the picture: in rows from the top left, `first` tokens stand before them. */
    readonly grid?: { readonly rows: number; readonly columns: number; readonly first: number }
    readonly picture?: WatchPicture
  }
  /** A picture, where the wire holds pictures. */
  readonly picture?: WatchPicture
  /** Of a similarity matrix: the inputs of its node that are compared. */
  readonly sides?: { readonly rows: string; readonly columns: string }
  readonly cell?: WatchCell
}

/** What came of a watch. `step`: of the weights, which is the number of steps taken. */
export interface Watched {
  readonly id: string
  readonly wire: string
  readonly train: string
  readonly step: number
  readonly spec: WatchSpec
  /** Milliseconds that it took, compiling left out. */
  readonly ms: number
  readonly value?: WatchedTensor
  /** Why there is none. */
  readonly problem?: string
}

/** Something new can be read of a watch. */
export interface WatchNotice {
  readonly watch: string
  readonly train: string
  readonly step: number
}

/** Wires that one run is watched by, at most. */
export const MOST_WATCHES = 16
