import type { SceneRows, ScenesOptions } from '../../graph/scenes.ts'
import type { Attribution, DatasetSchema, Field } from '../../graph/schema.ts'
import { buildTable } from '../build.ts'
import { DataError } from '../error.ts'
import { breathe, type JobOptions } from '../parallel.ts'
import type { Column, Table } from '../table.ts'
import { NEGATIVE_KINDS } from './negatives.ts'
import { QUAD_KINDS } from './quads.ts'
import { QUESTION_KINDS } from './questions.ts'
import { sceneRef } from './reference.ts'
import { PLACES, placeOf } from './relations.ts'
import { POSITIONS, type SceneRow, sceneRows } from './rows.ts'
import type { Scene } from './scene.ts'
import { BACKGROUNDS, COLOUR_NAMES, SHAPES, SIZE_NAMES, TEXTURES } from './vocabulary.ts'

export const SCENES_ATTRIBUTION: readonly Attribution[] = [
  { name: 'Scenes', licence: 'Apache-2.0', by: 'Diptych, drawn by the program itself' },
]

/** One column: its field and its value in a row. */
interface ColumnOf {
  readonly field: Field
  readonly value: (row: SceneRow) => string | readonly string[] | number
}

const category = (classes: readonly string[], of: (row: SceneRow) => string | undefined): ColumnOf => ({
  field: { kind: 'category', classes },
  value: row => classes.indexOf(of(row) ?? ''),
})

const text = (value: (row: SceneRow) => string | readonly string[], variants = false): ColumnOf => ({
  field: { kind: 'text', ...(variants && { variants }) },
  value,
})

/** The factors of a row's first object; of all of them where there is but one. */
const FACTORS: Readonly<Record<string, ColumnOf>> = {
  shape: category(SHAPES, r => r.scene.objects[0]?.shape),
  colour: category(COLOUR_NAMES, r => r.scene.objects[0]?.colour),
  size: category(SIZE_NAMES, r => r.scene.objects[0]?.size),
  texture: category(TEXTURES, r => r.scene.objects[0]?.texture),
  place: category(PLACES, r => r.scene.objects[0] && placeOf(r.scene.objects[0])),
  background: category(BACKGROUNDS, r => r.scene.background),
  objects: { field: { kind: 'int' }, value: r => r.scene.objects.length },
  scene: text(r => JSON.stringify(r.scene)),
}

const caption = (variants: boolean): ColumnOf => text(r => r.captions, variants)
const negative = (variants: boolean): ColumnOf => text(r => r.negatives!, variants)
const coordinate = (i: number): ColumnOf => ({ field: { kind: 'float' }, value: r => r.box![i]! })

const COLUMNS: Readonly<Record<SceneRows, Readonly<Record<string, ColumnOf>>>> = {
  captions: { caption: caption(true), negative: negative(true) },
  pairs: { caption: caption(false), negative: negative(false), kind: category(NEGATIVE_KINDS, r => r.kind) },
  quads: {
    caption: caption(false),
    caption_b: text(r => r.second!.caption),
    kind: category(QUAD_KINDS, r => r.kind),
  },
  positions: {
    caption: caption(false),
    negative: negative(false),
    kind: category(['left_right', 'top_bottom'], r => r.kind),
    position: category(Object.keys(POSITIONS), r => placeOf(r.scene.objects[0]!)),
  },
  questions: {
    question: text(r => r.question!.question),
    answer: text(r => r.question!.answer),
    options: text(r => r.question!.options.join('|')),
    kind: category(QUESTION_KINDS, r => r.kind),
  },
  regions: {
    caption: caption(false),
    box_left: coordinate(0),
    box_top: coordinate(1),
    box_right: coordinate(2),
    box_bottom: coordinate(3),
  },
}

/** The columns of pictures: every form's own, and the second one of quads. */
const picturesOf = (form: SceneRows): Record<string, (row: SceneRow) => Scene> => ({
  image: r => r.scene,
  ...(form === 'quads' && { image_b: (r: SceneRow) => r.second!.scene }),
})

const columnsOf = (form: SceneRows): Record<string, ColumnOf> => ({ ...COLUMNS[form], ...FACTORS })

/** The columns of a scenes dataset, without drawing anything; its row count where a scene is a row. */
export function scenesSchema({ form, count }: Pick<ScenesOptions, 'form' | 'count'>): DatasetSchema {
  const fields: Record<string, Field> = {}
  for (const name of Object.keys(picturesOf(form))) fields[name] = { kind: 'image' }
  for (const [name, { field }] of Object.entries(columnsOf(form))) fields[name] = field
  const rows = form === 'captions' || form === 'positions' ? { rows: count } : {}
  return { fields, ...rows, attribution: SCENES_ATTRIBUTION }
}

/** Rows between two looks at the clock. */
const CHUNK = 500

/** The table of a scenes dataset: pictures are drawn when they are packed. */
export async function readScenes(options: ScenesOptions, job: JobOptions = {}): Promise<Table> {
  const rows: SceneRow[] = []
  for (const row of sceneRows(options)) {
    rows.push(row)
    if (rows.length % CHUNK !== 0) continue
    job.signal?.throwIfAborted()
    job.progress?.({ done: Math.min(rows.length, options.count), total: options.count })
    await breathe()
  }
  if (rows.length === 0)
    throw new DataError(
      `None of the ${options.count} scenes offers a row of the form "${options.form}". Allow more objects.`,
    )
  const { fields } = scenesSchema(options)
  const columns: Record<string, Column> = {}
  for (const [name, scene] of Object.entries(picturesOf(options.form)))
    columns[name] = { kind: 'image', values: rows.map(r => sceneRef(scene(r))) }
  for (const [name, { field, value }] of Object.entries(columnsOf(options.form))) {
    if (field.kind === 'image') continue
    const values = rows.map(value)
    columns[name] =
      field.kind === 'text'
        ? { kind: 'text', values: values.map(v => (typeof v === 'object' ? v : [`${v}`])) }
        : { kind: field.kind, values: values as number[] }
  }
  return buildTable({ fields, columns, ids: rows.map(r => r.id), attribution: SCENES_ATTRIBUTION })
}
