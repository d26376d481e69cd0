import { EdgeLabelRenderer, type EdgeProps } from '@xyflow/react'
import { CircleAlert, Eye, X } from 'lucide-react'
import { type CSSProperties, memo, useState } from 'react'
import { watchWire } from '../runs/watch/watch-actions.ts'
import { documentStore, useInsight } from '../state/index.ts'
import { disconnect } from './actions.ts'
import { briefly, wordsOf } from './fault-words.ts'
import type { LabelForm } from './label-places.ts'
import type { WireData, WireEdge } from './model.ts'
import { flowOn, useOverlay } from './overlay-store.ts'
import { useCanvasUi } from './ui-store.ts'
import styles from './Wire.module.css'
import { carriesNumbers, wireColour } from './wire-kind.ts'
import { listShift, wirePath } from './wire-path.ts'
import { useWiring } from './wiring.ts'

/** Wires shorter than this have no room for a long label. */
const NARROW = 190

interface LabelProps {
  readonly data: WireData
  readonly at: readonly [number, number]
  readonly selected: boolean
  /** In full; otherwise a fault says only what kind it is. */
  readonly full: boolean
  /** How much of a sound wire's shape there is room for; `word`: nothing of it. */
  readonly form: LabelForm | 'word'
  /** Over the cards, in a place that was found for it. */
  readonly placed: boolean
  /** What a gradient does here, while that is shown. */
  readonly flow: ReturnType<typeof flowOn> | undefined
}

function WireLabel({ data, at, selected, full, form, placed, flow }: LabelProps) {
  const { fault } = data
  const shape = { full: data.shape, brief: data.brief, shape: data.brief, word: '' }[full ? 'full' : form]
  const style = {
    '--wire': wireColour(data.kind),
    transform: `translate(-50%, -50%) translate(${at[0]}px, ${at[1]}px)`,
  } as CSSProperties
  return (
    <EdgeLabelRenderer>
      <div
        className={styles.label}
        data-state={data.state}
        data-selected={selected || undefined}
        style={style}
        data-full={full || undefined}
        data-placed={placed || undefined}
      >
        {fault ? (
          <>
            <CircleAlert className={styles.alert} aria-hidden="true" />
            {(full || form !== 'word') && (
              <span className={styles.message}>{full ? wordsOf(fault) : briefly(fault)}</span>
            )}
          </>
        ) : (
          <>
            {(full || form !== 'shape') && <span className={styles.word}>{data.word}</span>}
            {shape && <span className={styles.shape}>{shape}</span>}
            {full && flow && flow !== 'none' && <span className={styles.flow}>{flow}</span>}
          </>
        )}
        {selected && carriesNumbers(data.kind) && (
          <button
            type="button"
            className={styles.watch}
            aria-label="Watch wire"
            title="Watch wire"
            onClick={() => watchWire(data.ref.from)}
          >
            <Eye size={12} strokeWidth={2.5} aria-hidden="true" />
          </button>
        )}
        {selected && (
          <button
            type="button"
            className={styles.delete}
            aria-label="Delete wire"
            title="Delete wire (Del)"
            onClick={() => disconnect(data.ref)}
          >
            <X size={12} strokeWidth={2.5} aria-hidden="true" />
          </button>
        )}
      </div>
    </EdgeLabelRenderer>
  )
}

export const Wire = memo(function Wire({
  id,
  data,
  sourceX,
  sourceY,
  targetX,
  targetY,
  selected = false,
}: EdgeProps<WireEdge>) {
  const [hovered, setHovered] = useState(false)
  const close = useCanvasUi(state => state.detail === 'close')
  const moving = useWiring(state => {
    const ref = state.wiring?.moving
    return (
      ref && data && ref.node === data.ref.node && ref.port === data.ref.port && ref.from === data.ref.from
    )
  })
  const shapes = useOverlay(state => state.shapes)
  const place = useOverlay(state => state.labels.get(id))
  // The Train whose gradient is shown, '' for the first; null while none is.
  const train = useOverlay(state => (state.gradient ? (state.train ?? '') : null))
  const from = data?.ref.from ?? ''
  const flow = useInsight(state =>
    train !== null ? flowOn(state, train, documentStore.getState(), from) : undefined,
  )
  const taking = useCanvasUi(
    ({ into }) =>
      into !== null &&
      data !== undefined &&
      into.node === data.ref.node &&
      into.port === data.ref.port &&
      into.from === data.ref.from,
  )
  const aside = useWiring(state => state.wiring !== null)
  if (!data || moving) return null
  const shift = listShift(data.order, data.of)
  // The dots at both ends are drawn 10 px inside the grabbable places.
  const { path, middle } = wirePath(sourceX - 10, sourceY, targetX + 10, targetY + shift)
  const lit = hovered || selected || taking
  const labelled = lit || data.state === 'faulty' || (shapes ? place !== undefined : close)
  const roomy = targetX - sourceX >= NARROW
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the wire's own element, around this one, has the focus and the name.
    <g
      className={styles.wire}
      data-state={data.state}
      data-aside={aside || undefined}
      data-lit={lit || undefined}
      data-flow={flow}
      data-taking={taking || undefined}
      style={{ '--wire': wireColour(data.kind) } as CSSProperties}
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
    >
      {/* Not near the ends, where wires of one port lie on each other. */}
      <path
        className={styles.halo}
        d={path}
        pathLength={100}
        strokeDasharray={lit ? undefined : '0 14 72 14'}
      />
      <path className={styles.line} d={path} />
      <path className={`react-flow__edge-interaction ${styles.grip}`} d={path} />
      {data.order !== null && (
        <g transform={`translate(${targetX - 8}, ${targetY + shift})`} className={styles.order}>
          <circle r={6} />
          <text textAnchor="middle" dy="3">
            {data.order}
          </text>
        </g>
      )}
      {place?.from && !lit && <path className={styles.leader} d={`M${place.from} L${place.at}`} />}
      {labelled && (
        <WireLabel
          data={data}
          at={(!lit && place?.at) || middle}
          selected={selected}
          full={lit}
          form={place?.form ?? (roomy ? 'full' : 'word')}
          placed={place !== undefined}
          flow={flow}
        />
      )}
    </g>
  )
})
