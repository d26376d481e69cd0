import type { EvaluationContext } from '../../graph/host.ts'

/** Rows of a dataset that are reported together. */
export interface Kind {
  readonly name: string
  /** What its metrics' names end in. */
  readonly suffix: string
  readonly rows: readonly number[]
}

/** All rows, then those of each kind that occurs; rows without one come last. No column, no kinds. */
export async function kindsOf(context: EvaluationContext, column: string): Promise<Kind[]> {
  const all = { name: 'all', suffix: '', rows: context.rowIds.map((_, row) => row) }
  if (!column) return [all]
  const { classes, values } = await context.category(column)
  const rowsOf = (kind: number) => values.flatMap((v, row) => (v === kind ? [row] : []))
  const kinds = [...classes, 'no kind'].map((name, c) => ({
    name,
    suffix: `/${name}`,
    rows: rowsOf(c < classes.length ? c : -1),
  }))
  return [all, ...kinds.filter(kind => kind.rows.length > 0)]
}
