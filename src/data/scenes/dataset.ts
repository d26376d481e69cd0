import type { SceneRows, ScenesForm, ScenesOptions } from '../../graph/scenes.ts'
import type { Attribution, DatasetSchema, Field } from '../../graph/schema.ts'
import { buildTable } from '../build.ts'
import { DataError } from '../error.ts'
import { breathe, type JobOptions } from '../parallel.ts'
import type { Column, Table } from '../table.ts'
import { type ColumnOf, category, columnOf, text } from './columns.ts'
import { letteringBox } from './lettering.ts'
import { NEGATIVE_KINDS } from './negatives.ts'
import { whyImpossible } from './possible.ts'
import { QUAD_KINDS } from './quads.ts'
import { QUESTION_KINDS } from './questions.ts'
import { sceneRef } from './reference.ts'
import { PLACES, placeOf } from './relations.ts'
import { POSITIONS, type SceneRow, sceneRows } from './rows.ts'
import type { Scene } from './scene.ts'

export const SCENES_ATTRIBUTION: readonly Attribution[] = [
  { name: 'Scenes', licence: 'Apache-2.0', by: 'Diptych, drawn by the program itself' },
]

/** The factors of a row's first object; of all of them where there is but one. */
const factors = ({
  shapes,
  colours,
  sizes,
  textures,
  backgrounds,
}: ScenesForm): Readonly<Record<string, ColumnOf<SceneRow>>> => ({
  shape: category(shapes, r => r.scene.objects[0]?.shape),
  colour: category(colours, r => r.scene.objects[0]?.colour),
  size: category(sizes, r => r.scene.objects[0]?.size),
  texture: category(textures, r => r.scene.objects[0]?.texture),
  place: category(PLACES, r => r.scene.objects[0] && placeOf(r.scene.objects[0])),
  background: category(backgrounds, r => r.scene.background),
  objects: { field: { kind: 'int' }, value: r => r.scene.objects.length },
  scene: text(r => JSON.stringify(r.scene)),
})

const caption = (variants: boolean): ColumnOf<SceneRow> => text(r => r.captions, variants)
const negative = (variants: boolean): ColumnOf<SceneRow> => text(r => r.negatives!, variants)
const coordinate = (i: number): ColumnOf<SceneRow> => ({ field: { kind: 'float' }, value: r => r.box![i]! })

/** Side i of the words' plate; NaN where nothing is written. */
const plate = (i: number): ColumnOf<SceneRow> => ({
  field: { kind: 'float' },
  value: ({ scene: { lettering } }) => (lettering ? letteringBox(lettering)[i]! : Number.NaN),
})

/** What is written in a picture, and where. */
const WRITTEN: Readonly<Record<string, ColumnOf<SceneRow>>> = {
  written: text(r => r.scene.lettering?.text ?? ''),
  written_left: plate(0),
  written_top: plate(1),
  written_right: plate(2),
  written_bottom: plate(3),
}

const COLUMNS: Readonly<Record<SceneRows, Readonly<Record<string, ColumnOf<SceneRow>>>>> = {
  captions: { caption: caption(true), negative: negative(true) },
  pairs: { caption: caption(false), negative: negative(false), kind: category(NEGATIVE_KINDS, r => r.kind) },
  statements: {
    caption: caption(false),
    label: category(['false', 'true'], r => String(r.truth)),
    kind: category(NEGATIVE_KINDS, r => r.kind),
  },
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

const columnsOf = (options: ScenesForm): Record<string, ColumnOf<SceneRow>> => ({
  ...COLUMNS[options.form],
  ...(options.lettering !== 'none' && WRITTEN),
  ...factors(options),
})

/** The columns of a scenes dataset, without drawing anything; its row count where a scene is a row. */
export function scenesSchema(options: ScenesForm): DatasetSchema {
  const { form, count } = options
  const fields: Record<string, Field> = {}
  for (const name of Object.keys(picturesOf(form))) fields[name] = { kind: 'image' }
  for (const [name, { field }] of Object.entries(columnsOf(options))) fields[name] = field
  const rows = form === 'captions' || form === 'positions' ? { rows: count } : {}
  return { fields, ...rows, attribution: SCENES_ATTRIBUTION }
}

/** Rows between two looks at the clock. */
const CHUNK = 500

/** The table of a scenes dataset: pictures are drawn when they are packed. */
export async function readScenes(options: ScenesOptions, job: JobOptions = {}): Promise<Table> {
  const impossible = whyImpossible(options)
  if (impossible) throw new DataError(impossible)
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
  for (const [name, column] of Object.entries(columnsOf(options))) columns[name] = columnOf(column, rows)
  return buildTable({ fields, columns, ids: rows.map(r => r.id), attribution: SCENES_ATTRIBUTION })
}
