import { selectRows } from '../build.ts'
import type { Table } from '../table.ts'
import { byChance } from './chance.ts'

/** The rows in a seeded order that depends on their ids, not on the order they came in. */
export const shuffleRows = (table: Table, seed: number): Table =>
  selectRows(table, byChance('shuffle', seed, table.ids))
