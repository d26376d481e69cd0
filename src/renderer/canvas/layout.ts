import { type GraphDocument, splitWire, wiresOf } from '../../graph/document.ts'

export type Point = readonly [number, number]
export interface Size {
  readonly width: number
  readonly height: number
}

const GAP_X = 64
const GAP_Y = 32
/** More nodes without a place than this are put below the others as a graph of their own: a spot for each takes long. */
const MANY = 200

/** Producers of each node, by id, that are in the document. */
function producersOf(doc: GraphDocument): Map<string, string[]> {
  return new Map(
    Object.entries(doc.nodes).map(([id, node]) => {
      const from = Object.values(node.in).flatMap(w => wiresOf(w).map(wire => splitWire(wire).node))
      return [id, [...new Set(from)].filter(other => other !== id && Object.hasOwn(doc.nodes, other))]
    }),
  )
}

/** The longest way from a source to each node; a wire that closes a cycle counts for nothing. */
export function ranks(doc: GraphDocument): Map<string, number> {
  const producers = producersOf(doc)
  const rank = new Map<string, number>()
  const open = new Set<string>()
  for (const root of producers.keys()) {
    const stack = [root]
    while (stack.length) {
      const id = stack.at(-1)!
      const waiting = rank.has(id)
        ? undefined
        : producers.get(id)!.find(other => !rank.has(other) && !open.has(other))
      if (waiting !== undefined) {
        open.add(id)
        stack.push(waiting)
        continue
      }
      if (!rank.has(id))
        rank.set(id, 1 + Math.max(-1, ...producers.get(id)!.map(other => rank.get(other) ?? -1)))
      open.delete(id)
      stack.pop()
    }
  }
  return rank
}

/** Columns by rank, from left to right; within a column near what each node reads. */
export function layeredLayout(doc: GraphDocument, sizeOf: (id: string) => Size): Map<string, Point> {
  const producers = producersOf(doc)
  const rank = ranks(doc)
  pullSources(producers, rank)
  const columns: string[][] = []
  for (const [id, r] of rank) {
    columns[r] ??= []
    columns[r].push(id)
  }
  const placed = new Map<string, Point>()
  const centre = (id: string): number => placed.get(id)![1] + sizeOf(id).height / 2
  let x = 0
  for (const column of columns) {
    if (!column) continue
    const wish = (id: string): number => {
      const from = producers.get(id)!.filter(other => placed.has(other))
      return from.length ? from.reduce((sum, other) => sum + centre(other), 0) / from.length : 0
    }
    const wishes = new Map(column.map(id => [id, wish(id)]))
    column.sort((a, b) => wishes.get(a)! - wishes.get(b)!)
    const total = column.reduce((sum, id) => sum + sizeOf(id).height + GAP_Y, -GAP_Y)
    const mean = column.reduce((sum, id) => sum + wishes.get(id)!, 0) / column.length
    let y = mean - total / 2
    for (const id of column) {
      placed.set(id, [Math.round(x), Math.round(y)])
      y += sizeOf(id).height + GAP_Y
    }
    x += Math.max(...column.map(id => sizeOf(id).width)) + GAP_X
  }
  return placed
}

/** What is first read far to the right stands just before its reader: an optimizer near its Train. */
function pullSources(producers: ReadonlyMap<string, readonly string[]>, rank: Map<string, number>): void {
  const nearest = new Map<string, number>()
  for (const [id, r] of [...rank].sort((a, b) => b[1] - a[1])) {
    const last = Math.max(r, (nearest.get(id) ?? r + 1) - 1)
    rank.set(id, last)
    for (const other of producers.get(id)!)
      nearest.set(other, Math.min(nearest.get(other) ?? Number.POSITIVE_INFINITY, last))
  }
}

/**
 * A place for every node. Those of `view` stay where they are; the others are put beside what they are wired
 * to, where nothing is in the way.
 */
export function placeAll(doc: GraphDocument, sizeOf: (id: string) => Size): Map<string, Point> {
  const ids = Object.keys(doc.nodes)
  const placed = new Map<string, Point>(
    ids.flatMap(id => (Object.hasOwn(doc.view, id) ? [[id, doc.view[id]!] as const] : [])),
  )
  if (placed.size === ids.length) return placed
  const layered = layeredLayout(doc, sizeOf)
  if (placed.size === 0) return layered
  const homeless = [...layered.keys()].filter(one => !placed.has(one))
  if (homeless.length > MANY) {
    const bottom = Math.max(...[...placed].map(([id, at]) => at[1] + sizeOf(id).height))
    const top = homeless.reduce((least, id) => Math.min(least, layered.get(id)![1]), Number.POSITIVE_INFINITY)
    for (const id of homeless) {
      const [x, y] = layered.get(id)!
      placed.set(id, [x, y - top + bottom + GAP_Y])
    }
    return placed
  }
  const producers = producersOf(doc)
  for (const id of homeless) {
    const near =
      producers.get(id)!.find(other => placed.has(other)) ??
      ids.find(other => placed.has(other) && producers.get(other)!.includes(id))
    const [dx, dy] = near ? offset(placed.get(near)!, layered.get(near)!) : [0, 0]
    const [x, y] = layered.get(id)!
    placed.set(id, freeSpot([x + dx, y + dy], sizeOf(id), placed, sizeOf))
  }
  return placed
}

const offset = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1]]

/** The wished place, or the first one below it where nothing is in the way. */
export function freeSpot(
  wish: Point,
  size: Size,
  placed: ReadonlyMap<string, Point>,
  sizeOf: (id: string) => Size,
): Point {
  let [x, y] = wish
  for (let tries = 0; tries < 200; tries++) {
    const inTheWay = [...placed].find(([id, at]) => {
      const other = sizeOf(id)
      return (
        x < at[0] + other.width + 8 &&
        at[0] < x + size.width + 8 &&
        y < at[1] + other.height + 8 &&
        at[1] < y + size.height + 8
      )
    })
    if (!inTheWay) break
    y = inTheWay[1][1] + sizeOf(inTheWay[0]).height + GAP_Y
  }
  return [Math.round(x), Math.round(y)]
}
