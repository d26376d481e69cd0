import { type NodeProps, useUpdateNodeInternals } from '@xyflow/react'
import {
  Boxes,
  CircleAlert,
  CircleSlash,
  Link2,
  type LucideIcon,
  Redo2,
  Snowflake,
  TriangleAlert,
  Waves,
} from 'lucide-react'
import { type CSSProperties, memo, useEffect, useRef } from 'react'
import { ReportBody } from '../runs/ReportBody.tsx'
import { TrainBody } from '../runs/TrainBody.tsx'
import { CATEGORIES } from './category.tsx'
import { FarTop, useFar } from './FarCard.tsx'
import { farTitleSize } from './far-title.ts'
import { briefly, faultToShow, wordsOf } from './fault-words.ts'
import { bodyOf, type CardData, type CardNode, offWord, topHeight } from './model.ts'
import styles from './NodeCard.module.css'
import { PortRow } from './PortRow.tsx'
import { ProgressBar, StatusChip, usePath } from './StatusChip.tsx'
import { WatchEye } from './WatchEye.tsx'
import { cardMood, useWiring } from './wiring.ts'

function FaultBadge({ data }: { readonly data: CardData }) {
  if (data.faults.length === 0) return null
  const bad = data.faults.some(fault => fault.severity === 'error')
  const text = data.faults.map(wordsOf).join('\n')
  const Icon = bad ? CircleAlert : TriangleAlert
  return (
    <span className={styles.badge} data-bad={bad} title={text}>
      <Icon size={12} strokeWidth={2.5} aria-hidden="true" />
      {data.faults.length}
    </span>
  )
}

/** A card has one line for what is set in it, or else for what is wrong: it does not grow over its neighbours. */
function Line({ data }: { readonly data: CardData }) {
  const fault = faultToShow(data.faults)
  if (fault)
    return (
      <p className={styles.faultLine} data-bad={fault.severity === 'error'} title={wordsOf(fault)}>
        {briefly(fault)}
      </p>
    )
  if (!data.settings) return null
  return (
    <p className={styles.settings} title={data.settings}>
      {data.settings}
    </p>
  )
}

/** The first fault in full, below the card that is selected. */
function FaultWords({ data }: { readonly data: CardData }) {
  const fault = faultToShow(data.faults)
  if (!fault) return null
  return (
    <p className={styles.fault} data-bad={fault.severity === 'error'}>
      {wordsOf(fault)}
    </p>
  )
}

function Mark({
  label,
  title = label,
  Icon,
}: {
  readonly label: string
  readonly title?: string
  readonly Icon: LucideIcon
}) {
  return (
    <span className={styles.mark} title={title} role="img" aria-label={label}>
      <Icon size={13} aria-hidden="true" />
    </span>
  )
}

function Marks({ data }: { readonly data: CardData }) {
  const { frozen, sharedWith, averageOf } = data
  return (
    <>
      {frozen && <Mark label="Frozen" title="Frozen: Train does not change these weights" Icon={Snowflake} />}
      {sharedWith && <Mark label={`Uses the weights of ${sharedWith}`} Icon={Link2} />}
      {averageOf && (
        <Mark label={`Follows the weights of ${averageOf} as their moving average`} Icon={Waves} />
      )}
    </>
  )
}

/** That it does not run, in place of what a run says of it. */
function OffChip({ data }: { readonly data: CardData }) {
  if (!data.off) return <StatusChip node={data.id} subgraph={data.kind === 'subgraph'} />
  const itself = data.off.by === data.id
  const Icon = data.off.mode === 'muted' ? CircleSlash : Redo2
  const word = offWord(data.off, data.id)
  return (
    <span
      className={styles.off}
      data-state={data.off.mode}
      title={itself ? `${word}: it does not run` : word}
    >
      <Icon size={11} strokeWidth={2.5} aria-hidden="true" />
      {itself ? data.off.mode : 'off'}
    </span>
  )
}

function Body({ data }: { readonly data: CardData }) {
  const path = usePath(data.id)
  const body = bodyOf(data)
  if (!body) return null
  return (
    <div className={styles.body}>
      {body === 'train' ? <TrainBody node={path} /> : <ReportBody node={path} />}
    </div>
  )
}

/** One eye for all that is watched of a card that is seen from afar. */
function Watched({ data: { watches } }: { readonly data: CardData }) {
  return watches.length > 0 && <WatchEye names={watches.flatMap(mark => mark.names)} badge />
}

/** React Flow looks where ports are when a card changes its size; they may also change places within it. */
function usePlacesOfPorts({ id, inputs, outputs, settings, faults }: CardData): void {
  const look = useUpdateNodeInternals()
  const rows = [...inputs, ...outputs].map(port => `${port.side} ${port.name} ${port.wires.length > 1}`)
  const line = settings !== '' || faultToShow(faults) !== undefined
  const places = `${line}\n${rows.join('\n')}`
  const seen = useRef(places)
  useEffect(() => {
    // It has looked by itself when the card appeared.
    if (seen.current === places) return
    seen.current = places
    look(id)
  }, [look, id, places])
}

interface Parts {
  readonly data: CardData
  readonly selected: boolean
}

function Card({ data, selected }: Parts) {
  const mood = useWiring(state => cardMood(state.wiring, data))
  usePlacesOfPorts(data)
  const { icon: Icon, colour } = CATEGORIES[data.category]
  const bad = data.faults.some(fault => fault.severity === 'error')
  const inside = data.watches.find(mark => mark.port === '')
  const farStyle = { '--fitting': `${farTitleSize(data.title, topHeight(data))}px` } as CSSProperties
  return (
    <article
      className={styles.card}
      data-selected={selected || undefined}
      data-faulty={bad || undefined}
      data-missing={data.kind === 'missing' || undefined}
      data-kind={data.kind}
      data-off={data.off?.mode}
      data-mood={mood}
      style={{ '--category': data.off ? 'var(--ink-3)' : colour } as CSSProperties}
    >
      <Watched data={data} />
      <div className={styles.top}>
        <header className={styles.head}>
          <span className={styles.icon}>
            <Icon size={16} strokeWidth={2} aria-hidden="true" />
          </span>
          <span className={styles.names}>
            <span className={styles.line}>
              <strong className={styles.title} title={data.title}>
                {data.title}
              </strong>
              {data.kind === 'subgraph' && (
                <Mark label="A subgraph" title="A subgraph: double-click to enter it" Icon={Boxes} />
              )}
              <Marks data={data} />
              {inside && <WatchEye names={inside.names} />}
              <FaultBadge data={data} />
            </span>
            <span className={styles.line}>
              <code className={styles.id} title={`${data.id}: ${data.type}`}>
                {data.kind === 'boundary' ? 'of this subgraph' : data.id}
              </code>
              <OffChip data={data} />
            </span>
          </span>
          <ProgressBar node={data.id} subgraph={data.kind === 'subgraph'} />
        </header>
        <Line data={data} />
        <div className={styles.ports}>
          {data.inputs.map(port => (
            <PortRow key={port.name} node={data.id} port={port} />
          ))}
          {data.outputs.map(port => (
            <PortRow
              key={port.name}
              node={data.id}
              port={port}
              watched={data.watches.find(mark => mark.port === port.name)?.names}
            />
          ))}
          {data.pending && data.outputs.length === 0 && <p className={styles.reading}>reading columns…</p>}
          {data.kind === 'batch' && !data.pending && data.outputs.length === 0 && (
            <p className={styles.reading}>wire a dataset to see its columns</p>
          )}
        </div>
        <span className={styles.far} style={farStyle} data-afar aria-hidden="true">
          <Icon className={styles.farIcon} />
          <span className={styles.farTitle}>{data.title}</span>
          <OffChip data={data} />
        </span>
      </div>
      <Body data={data} />
      <FaultWords data={data} />
    </article>
  )
}

/** With hundreds of cards in sight, each is as little as can be seen of it. */
function FarCard({ data, selected, far }: Parts & { readonly far: 'farthest' | 'spot' }) {
  usePlacesOfPorts(data)
  return (
    <article
      className={styles.card}
      data-far={far}
      data-selected={selected || undefined}
      data-faulty={data.faults.some(fault => fault.severity === 'error') || undefined}
      data-missing={data.kind === 'missing' || undefined}
      data-kind={data.kind}
      data-off={data.off?.mode}
      style={{ '--category': data.off ? 'var(--ink-3)' : CATEGORIES[data.category].colour } as CSSProperties}
    >
      <Watched data={data} />
      <FarTop data={data} named={far === 'farthest'}>
        <OffChip data={data} />
      </FarTop>
      <Body data={data} />
    </article>
  )
}

function AnyCard({ data, selected }: Parts) {
  const far = useFar()
  return far ? (
    <FarCard data={data} selected={selected} far={far} />
  ) : (
    <Card data={data} selected={selected} />
  )
}

/** Where a card stands and whether it is dragged is React Flow's; a card is drawn again for its content only. */
export const NodeCard = memo(
  ({ data, selected }: NodeProps<CardNode>) => <AnyCard data={data} selected={selected} />,
  (a, b) => a.data === b.data && a.selected === b.selected,
)
