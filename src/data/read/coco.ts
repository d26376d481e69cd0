import { basename, dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { Attribution } from '../../graph/schema.ts'
import { DataError, reason } from '../error.ts'
import type { BadRow } from '../table.ts'
import { pictureFolder } from './named-pictures.ts'
import { openFile } from './random-file.ts'
import type { RawRow, RowSource } from './raw.ts'

export interface CocoOptions {
  /** An annotation file: captions, instances, or both. */
  readonly path: string
  /** A second one about the same pictures. */
  readonly more?: string
  /** The folder of the pictures; default: the annotation file's. */
  readonly images?: string
}

/** Text beyond this does not fit one string. */
const MAX_BYTES = 480 * 2 ** 20

const number = z.number()
const image = z.looseObject({
  id: z.int(),
  file_name: z.string().min(1),
  width: number.optional(),
  height: number.optional(),
})
const caption = z.looseObject({ image_id: z.int(), caption: z.string() })
const instance = z.looseObject({
  image_id: z.int(),
  category_id: z.int(),
  bbox: z.tuple([number, number, number, number]),
  iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
})
const category = z.looseObject({ id: z.int(), name: z.string() })
const list = z.array(z.unknown())
const document = z.looseObject({
  images: list,
  annotations: list.optional(),
  categories: list.optional(),
  info: z.looseObject({ description: z.string().optional(), contributor: z.string().optional() }).optional(),
  licenses: z.array(z.looseObject({ name: z.string().optional() })).optional(),
})

/** What the annotations say about one picture. */
interface Entry {
  readonly where: string
  readonly file: string
  readonly size: readonly [width: number | undefined, height: number | undefined]
  readonly captions: string[]
  readonly objects: object[]
}

interface Annotations {
  readonly entries: Map<number, Entry>
  readonly bad: BadRow[]
  hasCaptions: boolean
  hasObjects: boolean
  attribution?: readonly Attribution[]
}

/**
 * COCO's JSON: a row a picture, with `image`, `caption` (its captions, as variants), `objects` (JSON text: a list of
 * `{"label", "box": [left, top, width, height], "crowd"}` in pixels), `width` and `height`. Ids are COCO's.
 *
 * Format: Lin et al. 2014 (arXiv 1405.0312) and cocodataset.org, "Data format".
 */
export async function cocoSource(
  options: CocoOptions,
): Promise<{ readonly source: RowSource; readonly attribution?: readonly Attribution[] }> {
  const found: Annotations = { entries: new Map(), bad: [], hasCaptions: false, hasObjects: false }
  await addFile(found, options.path)
  if (options.more !== undefined) await addFile(found, options.more)
  const source: RowSource = {
    what: `COCO file ${basename(options.path)}`,
    async *rows() {
      yield* found.bad
      for (const [id, entry] of found.entries) yield rowOf(found, id, entry)
    },
    count: found.entries.size,
    kinds: { image: 'image' },
    named: pictureFolder(resolve(options.images ?? dirname(options.path))),
  }
  return { source, ...(found.attribution && { attribution: found.attribution }) }
}

function rowOf(found: Annotations, id: number, { where, file, size, captions, objects }: Entry): RawRow {
  const [width, height] = size
  return {
    where,
    id: String(id),
    values: {
      image: file,
      ...(found.hasCaptions && { caption: captions }),
      ...(found.hasObjects && { objects: JSON.stringify(objects) }),
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
    },
  }
}

async function addFile(found: Annotations, path: string): Promise<void> {
  const name = basename(path)
  const { images, annotations = [], categories = [], info, licenses } = await readDocument(path)
  const labels = new Map<number, string>()
  for (const [at, raw] of categories.entries()) {
    const c = category.safeParse(raw)
    if (c.success) labels.set(c.data.id, c.data.name)
    else found.bad.push({ where: `${name}: category ${at + 1}`, problem: fault(c.error) })
  }
  for (const [at, raw] of images.entries()) addImage(found, `${name}: image ${at + 1}`, raw, name)
  for (const [at, raw] of annotations.entries()) {
    const problem = addAnnotation(found, raw, labels)
    if (problem) found.bad.push({ where: `${name}: annotation ${at + 1}`, problem })
  }
  if (!found.attribution && info?.description) {
    const names = [...new Set((licenses ?? []).flatMap(l => l.name ?? []))]
    const licence = names.join(', ') || 'not stated'
    found.attribution = [{ name: info.description, licence, by: info.contributor ?? 'not stated' }]
  }
}

function addImage(found: Annotations, where: string, raw: unknown, file: string): void {
  const read = image.safeParse(raw)
  if (!read.success) {
    found.bad.push({ where, problem: fault(read.error) })
    return
  }
  const { id, file_name, width, height } = read.data
  const held = found.entries.get(id)
  if (!held)
    found.entries.set(id, { where, file: file_name, size: [width, height], captions: [], objects: [] })
  else if (held.where.startsWith(`${file}:`))
    found.bad.push({ where, problem: `another picture, ${held.where}, has the id ${id} too.` })
}

function addAnnotation(
  found: Annotations,
  raw: unknown,
  labels: ReadonlyMap<number, string>,
): string | undefined {
  const isCaption = typeof raw === 'object' && raw !== null && 'caption' in raw
  const read = isCaption ? caption.safeParse(raw) : instance.safeParse(raw)
  if (!read.success) return fault(read.error)
  const entry = found.entries.get(read.data.image_id)
  if (!entry) return `it is about picture ${read.data.image_id}, which is not among the images.`
  if ('caption' in read.data) {
    found.hasCaptions = true
    const text = String(read.data.caption).trim()
    if (text === '') return `its caption is empty (picture ${read.data.image_id}).`
    entry.captions.push(text)
    return undefined
  }
  const { category_id, bbox, iscrowd } = read.data as z.infer<typeof instance>
  const label = labels.get(category_id)
  if (label === undefined) return `its category ${category_id} is not among the categories.`
  found.hasObjects = true
  entry.objects.push({ label, box: bbox, ...(iscrowd && { crowd: true }) })
  return undefined
}

async function readDocument(path: string): Promise<z.infer<typeof document>> {
  const file = await openFile(path)
  try {
    if (file.size > MAX_BYTES)
      throw new DataError(
        `${path} has ${Math.round(file.size / 2 ** 20)} MiB; at most ${MAX_BYTES / 2 ** 20} are read.`,
      )
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.read(0, file.size))
    const read = document.safeParse(JSON.parse(text))
    if (read.success) return read.data
    throw new DataError(`${path} is no COCO file: ${fault(read.error)} It needs "images" and "annotations".`)
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(`${path} can't be read as JSON: ${reason(error)}.`)
  } finally {
    await file.close()
  }
}

/** The first thing that is wrong, with its place. */
function fault(error: z.ZodError): string {
  const [issue] = error.issues
  const place = issue!.path.length ? `"${issue!.path.join('.')}": ` : ''
  return `${place}${issue!.message}.`
}
