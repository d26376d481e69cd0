import { GraphFault, suggest } from '../../graph/diagnostic.ts'
import type { DatasetValue, HostInputs } from '../../graph/host.ts'
import { type InputTypes, port, z } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import type { DatasetSchema } from '../../graph/schema.ts'
import type { PortType } from '../../graph/types.ts'

/** The one dataset that most table nodes take. */
export const rowsInput = {
  dataset: { accepts: { kind: 'host', of: 'dataset' } as const, doc: 'The rows.' },
}

export const seedParam = z.int().min(0).default(0)

/** The schema of a wired dataset. */
export const schemaAt = (inputs: InputTypes, name = 'dataset'): DatasetSchema =>
  port(inputs, name, 'dataset').schema

/** The schemas of a list of datasets; undefined while one of them is not known. */
export function schemasAt(inputs: InputTypes, name: string): readonly DatasetSchema[] | undefined {
  const types = [inputs[name] ?? []].flat() as readonly PortType[]
  const known = types.filter(t => t.kind === 'dataset')
  return known.length === types.length ? known.map(t => t.schema) : undefined
}

/** The same columns, and a number of rows that only the data will tell. */
export const unknownRows = ({ rows: _, ...schema }: DatasetSchema): PortType => ({ kind: 'dataset', schema })

export const datasetAt = (inputs: HostInputs, name = 'dataset'): DatasetValue => inputs[name] as DatasetValue

export const datasetsAt = (inputs: HostInputs, name: string): readonly DatasetValue[] =>
  inputs[name] as readonly DatasetValue[]

/** Everyone whose data is in one of the datasets, once; as a schema has it. */
export function attributionOf(schemas: readonly DatasetSchema[]): Pick<DatasetSchema, 'attribution'> {
  const all = schemas.flatMap(s => s.attribution ?? [])
  const attribution = [...new Map(all.map(a => [JSON.stringify([a.name, a.licence, a.by]), a])).values()]
  return attribution.length > 0 ? { attribution } : {}
}

/** Refuses a column that the dataset does not have. */
export function checkColumn(schema: DatasetSchema, column: string, field: string): void {
  if (own(schema.fields, column)) return
  throw new GraphFault('DT050', `the dataset has no column "${column}"`, {
    field,
    hint: suggest(column, Object.keys(schema.fields)),
  })
}
