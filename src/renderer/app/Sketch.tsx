import { type GraphDocument, REROUTE } from '../../graph/document.ts'
import { registry } from '../../nodes/index.ts'
import type { GraphSketch } from '../../protocol/workbench.ts'
import { CATEGORIES } from '../canvas/category.tsx'
import { placeAll, type Size } from '../canvas/layout.ts'
import { CARD_WIDTH, type CardCategory, NOTE_WIDTH, REROUTE_SIZE } from '../canvas/model.ts'
import { EMPTY } from '../state/empty.ts'
import styles from './Sketch.module.css'

const ROOM = 60
/** About as high as a card of this category is. */
const HEIGHTS: Partial<Record<CardCategory, number>> = {
  note: 240,
  train: 300,
  evaluation: 300,
  reroute: REROUTE_SIZE,
}
const HEIGHT = 160

const categoryOf = (type: string): CardCategory =>
  registry.get(type)?.category ??
  (type.startsWith('def:') ? 'subgraph' : type === REROUTE ? 'reroute' : 'missing')

const sizeOf = (category: CardCategory): Size => ({
  width: category === 'note' ? NOTE_WIDTH : category === 'reroute' ? REROUTE_SIZE : CARD_WIDTH,
  height: HEIGHTS[category] ?? HEIGHT,
})

/** The cards, where the file has them or where the canvas would put them. */
function boxesOf({ nodes, wires }: GraphSketch) {
  const id = (place: number) => `n${place}`
  const reads = nodes.map((_, place) =>
    wires.flatMap(([from, to]) => (to === place ? [`${id(from)}.out`] : [])),
  )
  const doc: GraphDocument = {
    ...EMPTY,
    nodes: Object.fromEntries(
      nodes.map(({ type }, i) => [id(i), { type, v: 1, params: {}, in: { in: reads[i]! } }]),
    ),
    view: Object.fromEntries(nodes.flatMap(({ at }, i) => (at ? [[id(i), at] as const] : []))),
  }
  const sizes = new Map(nodes.map(({ type }, i) => [id(i), sizeOf(categoryOf(type))]))
  const places = placeAll(doc, one => sizes.get(one)!)
  return nodes.map(({ type }, i) => {
    const [x, y] = places.get(id(i))!
    return { x, y, ...sizes.get(id(i))!, category: categoryOf(type), key: id(i) }
  })
}

/** A graph from afar: its nodes in their colours, and its wires. */
export function Sketch({ sketch }: { readonly sketch: GraphSketch }) {
  const boxes = boxesOf(sketch)
  if (boxes.length === 0) return <span className={styles.none}>empty</span>
  const left = Math.min(...boxes.map(b => b.x)) - ROOM
  const top = Math.min(...boxes.map(b => b.y)) - ROOM
  const right = Math.max(...boxes.map(b => b.x + b.width)) + ROOM
  const bottom = Math.max(...boxes.map(b => b.y + b.height)) + ROOM
  return (
    <svg
      className={styles.sketch}
      viewBox={`${left} ${top} ${right - left} ${bottom - top}`}
      aria-hidden="true"
    >
      {sketch.wires.map(([from, to], i) => {
        const [a, b] = [boxes[from]!, boxes[to]!]
        const [x1, y1, x2, y2] = [a.x + a.width, a.y + a.height * 0.7, b.x, b.y + b.height * 0.45]
        const c = Math.max(60, Math.abs(x2 - x1) / 2)
        return (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: wires have no name here, and never change
            key={i}
            d={`M${x1},${y1} C${x1 + c},${y1} ${x2 - c},${y2} ${x2},${y2}`}
            style={{ stroke: CATEGORIES[a.category].colour }}
          />
        )
      })}
      {boxes.map(b => (
        <g
          key={b.key}
          style={{ color: CATEGORIES[b.category].colour }}
          data-note={b.category === 'note' || undefined}
        >
          <rect className={styles.card} x={b.x} y={b.y} width={b.width} height={b.height} rx={20} />
          {b.category !== 'note' && b.category !== 'reroute' && (
            <rect className={styles.head} x={b.x} y={b.y} width={b.width} height={44} rx={20} />
          )}
        </g>
      ))}
    </svg>
  )
}
