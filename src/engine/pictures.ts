import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/atomic.ts'
import { encodePng, thumbnail, tiled } from '../data/decode.ts'
import { reason } from '../data/error.ts'
import { hashOf } from '../data/hash.ts'
import { decodeLanes, mapLanes } from '../data/parallel.ts'
import { PictureFiles, placeOf } from '../data/read/picture.ts'
import { sceneOf } from '../data/scenes/reference.ts'
import { renderScene } from '../data/scenes/render.ts'
import type { ImageRef } from '../data/table.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import type { Wire } from '../graph/document.ts'
import type { HostValue, Report } from '../graph/host.ts'
import type { EvaluatorNode } from '../graph/kit.ts'
import { fieldsOf, operandsOf, wireOf } from '../graph/slice.ts'
import type { EngineContext } from './context.ts'
import { asDataset, type EngineDataset } from './values.ts'

/** Height and width of a report's pictures, at most. */
const SIDE = 128
/** Frames that show a clip, at most. */
const FRAMES = 4
/** Hex digits of a picture's hash that name it. */
const DIGITS = 32

/**
 * A report whose galleries name the pictures of their rows: evaluators name rows only. Each picture is written
 * once, as `pictures/<hash>.webp` of the run.
 */
export async function withPictures(
  report: Report,
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  run: string,
  context: EngineContext,
): Promise<Report> {
  if (!report.galleries?.length) return report
  const dataset = asDataset(values.get(wireOf(node, 'dataset')!))
  const refs = picturesOf(dataset, pictureColumn(graph, node, dataset))
  const rows = new Set(
    report.galleries.flatMap(g => g.items.flatMap(i => [i.row, ...i.matches.map(m => m.row)])),
  )
  const wanted = [...rows].flatMap(row => refs.get(row) ?? [])
  const written = await writeAll([...new Map(wanted.map(r => [r.hash, r])).values()], run, node.id, context)
  const name = (row: string) => {
    const picture = written.get(refs.get(row)?.hash ?? '')
    return picture === undefined ? {} : { picture }
  }
  const galleries = report.galleries.map(g => ({
    ...g,
    items: g.items.map(i => ({
      ...i,
      ...name(i.row),
      matches: i.matches.map(m => ({ ...m, ...name(m.row) })),
    })),
  }))
  return { ...report, galleries }
}

/** The column that the evaluated wires read pictures from; else the first there is. */
function pictureColumn(graph: CheckedGraph, node: CheckedNode, dataset: EngineDataset): string | undefined {
  const needs = (node.def as EvaluatorNode).needs(node.params).pairs
  const pairs = needs && wireOf(node, needs.port)
  const operands = pairs === undefined ? undefined : operandsOf(graph, pairs)
  const read = operands ? fieldsOf(graph, [operands.rows, operands.columns]) : []
  const { columns } = dataset.table
  return (
    read.find(f => shows(f.derivation.kind))?.derivation.column ??
    Object.keys(columns).find(name => shows(columns[name]!.kind))
  )
}

const shows = (kind: string): boolean => kind === 'image' || kind === 'frames'

/** The picture of each row, or the frames of its clip, by the row's name. */
function picturesOf(dataset: EngineDataset, column: string | undefined): ReadonlyMap<string, Shown> {
  const { columns, ids } = dataset.table
  const pictures = column === undefined ? undefined : columns[column]
  if (pictures?.kind === 'frames') return new Map(ids.map((id, row) => [id, shownOf(pictures.values[row]!)]))
  if (pictures?.kind !== 'image') return new Map()
  return new Map(
    ids.map((id, row) => [id, { hash: pictures.values[row]!.hash, refs: [pictures.values[row]!] }]),
  )
}

/** What stands for a row: one picture, or several beside each other. */
interface Shown {
  readonly hash: string
  readonly refs: readonly ImageRef[]
}

/** Frames of a clip, evenly spread from the first to the last. */
function shownOf(frames: readonly ImageRef[]): Shown {
  const count = Math.min(FRAMES, frames.length)
  const refs = Array.from(
    { length: count },
    (_, i) => frames[Math.round((i * (frames.length - 1)) / Math.max(1, count - 1))]!,
  )
  return { hash: hashOf(refs.map(ref => ref.hash)), refs }
}

/** The encoded bytes of a picture, from its file or drawn. */
async function picture(ref: ImageRef, files: PictureFiles): Promise<Uint8Array> {
  const scene = sceneOf(ref)
  return scene ? encodePng(renderScene(scene, SIDE).pixels, SIDE) : files.read(ref)
}

/** A picture as a thumbnail, or a clip's frames in two rows of two. */
async function small(refs: readonly ImageRef[], files: PictureFiles): Promise<Uint8Array> {
  const side = refs.length === 1 ? SIDE : SIDE / 2
  const pictures: Uint8Array[] = []
  for (const ref of refs) pictures.push(await thumbnail(await picture(ref, files), side))
  return pictures.length === 1 ? pictures[0]! : tiled(pictures, 2, side)
}

/** Writes what is not there yet; a picture that can't be read is left out, with a warning. By the source's hash. */
async function writeAll(
  wanted: readonly Shown[],
  run: string,
  node: string,
  context: EngineContext,
): Promise<ReadonlyMap<string, string>> {
  const written = new Map<string, string>()
  const problems: string[] = []
  const files = new PictureFiles()
  const write = async ({ hash, refs }: Shown): Promise<void> => {
    const name = `${hash.slice(0, DIGITS)}.webp`
    const file = join(run, 'pictures', name)
    try {
      const there = await access(file).then(
        () => true,
        () => false,
      )
      if (!there) await writeFileAtomic(file, await small(refs, files))
      written.set(hash, name)
    } catch (e) {
      problems.push(`${placeOf(refs[0]!)}: ${reason(e)}`)
    }
  }
  try {
    await mapLanes(wanted, decodeLanes, write, context.signal)
  } finally {
    await files.close()
  }
  if (problems.length) {
    const message = `${problems.length === 1 ? 'a picture' : `${problems.length} pictures`} of the report could not be made, first ${problems[0]}`
    context.emit({ type: 'log', level: 'warning', node, message })
  }
  return written
}
