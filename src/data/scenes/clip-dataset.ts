import type { ClipRows, ClipsOptions } from '../../graph/scenes.ts'
import type { DatasetSchema, Field } from '../../graph/schema.ts'
import { buildTable } from '../build.ts'
import { breathe, type JobOptions } from '../parallel.ts'
import type { Column, Table } from '../table.ts'
import { captionsOf } from './captions.ts'
import { EVENTS, sampleClip, sweep } from './clips.ts'
import { type ColumnOf, category, columnOf, text } from './columns.ts'
import { SCENES_ATTRIBUTION } from './dataset.ts'
import { endingsOf } from './endings.ts'
import { randomOf } from './random.ts'
import { sceneRef } from './reference.ts'
import { inCamera } from './render.ts'
import { EVERYTHING, sampleScene } from './sample.ts'
import { type Scene, type SceneObject, squareOf } from './scene.ts'
import { TEST_FROM } from './splits.ts'
import { BACKGROUNDS, COLOUR_NAMES, SHAPES } from './vocabulary.ts'

export interface ClipRow {
  readonly id: string
  readonly frames: readonly Scene[]
  readonly captions: readonly string[]
  /** The thing that the first caption is about. */
  readonly about: SceneObject
  readonly event?: {
    readonly event: string
    readonly possible: boolean
    readonly negative: string
    readonly breaksAt: number | undefined
  }
}

/** Streams of random numbers, beside those of still scenes. */
const STREAM = { words: 21 }

type RowOf = (options: ClipsOptions, index: number, id: string) => ClipRow

const ROWS: Readonly<Record<ClipRows, RowOf>> = {
  events: ({ seed, events, frames }, index, id) => {
    const world = Math.floor(index / 2)
    const event = events[world % events.length]!
    const clip = sampleClip(seed, world, event, index % 2 === 0, { ...EVERYTHING, frames })
    const { caption, negative, about } = endingsOf(clip)
    const { possible, breaksAt } = clip
    return {
      id,
      frames: clip.frames,
      captions: [caption],
      about,
      event: { event, possible, negative, breaksAt },
    }
  },
  sweeps: ({ seed, frames }, index, id) => {
    const scene = sampleScene(seed, index, EVERYTHING)
    // A camera that turns changes what is left and right, so captions say what is there and not where.
    const captions = captionsOf(scene, randomOf(seed, index, STREAM.words), {
      styles: ['summary', 'terse', 'things', 'list'],
      placed: false,
    })
    return { id, frames: sweep(scene, frames, seed, index), captions, about: scene.objects[0]! }
  },
}

/** The rows of a dataset of clips, a pure function of the options. */
export function* clipRows(options: ClipsOptions): Generator<ClipRow> {
  for (let i = 0; i < options.count; i++)
    yield ROWS[options.form](options, (options.side === 'test' ? TEST_FROM : 0) + i, `${options.side}-${i}`)
}

const ENDINGS = ['impossible', 'possible'] as const

const FACTORS: Readonly<Record<string, ColumnOf<ClipRow>>> = {
  shape: category(SHAPES, r => r.about.shape),
  colour: category(COLOUR_NAMES, r => r.about.colour),
  background: category(BACKGROUNDS, r => r.frames[0]!.background),
  scene: text(truthOf),
}

const COLUMNS: Readonly<Record<ClipRows, Readonly<Record<string, ColumnOf<ClipRow>>>>> = {
  events: {
    caption: text(r => r.captions),
    negative: text(r => r.event!.negative),
    event: category(EVENTS, r => r.event!.event),
    possible: category(ENDINGS, r => (r.event!.possible ? 'possible' : 'impossible')),
    ...FACTORS,
  },
  sweeps: { caption: text(r => r.captions, true), ...FACTORS },
}

/** All that is known of a clip, as JSON: what each frame shows and where, as seen by its camera. */
function truthOf({ frames, event }: ClipRow): string {
  const { background, look, floor } = frames[0]!
  return JSON.stringify({
    ...(event && { event: event.event, possible: event.possible, breaksAt: event.breaksAt }),
    background,
    look,
    floor,
    frames: frames.map(({ camera, objects }) => ({
      camera,
      objects: objects.map(object => ({ ...object, box: squareOf(inCamera(object, camera)) })),
    })),
  })
}

/** The columns of a dataset of clips, without drawing anything. */
export function clipsSchema({
  form,
  count,
  frames,
}: Pick<ClipsOptions, 'form' | 'count' | 'frames'>): DatasetSchema {
  const fields: Record<string, Field> = { frames: { kind: 'frames', frames } }
  for (const [name, { field }] of Object.entries(COLUMNS[form])) fields[name] = field
  return { fields, rows: count, attribution: SCENES_ATTRIBUTION }
}

/** Rows between two looks at the clock. */
const CHUNK = 200

/** The table of a dataset of clips: frames are drawn when they are packed. */
export async function readClips(options: ClipsOptions, job: JobOptions = {}): Promise<Table> {
  const rows: ClipRow[] = []
  for (const row of clipRows(options)) {
    rows.push(row)
    if (rows.length % CHUNK !== 0) continue
    job.signal?.throwIfAborted()
    job.progress?.({ done: rows.length, total: options.count })
    await breathe()
  }
  const columns: Record<string, Column> = {
    frames: { kind: 'frames', values: rows.map(r => r.frames.map(sceneRef)) },
  }
  for (const [name, column] of Object.entries(COLUMNS[options.form])) columns[name] = columnOf(column, rows)
  const { fields } = clipsSchema(options)
  return buildTable({ fields, columns, ids: rows.map(r => r.id), attribution: SCENES_ATTRIBUTION })
}
