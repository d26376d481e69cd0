import { Pin, PinOff, X } from 'lucide-react'
import type { WatchJson } from '../../../graph/document.ts'
import { watchName } from '../../../graph/watches.ts'
import type { Watched, WatchedTensor } from '../../../protocol/watch.ts'
import { useWatches } from '../../state/index.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { plural, short, whole } from '../../ui/format.ts'
import { Pills } from '../../ui/Pills.tsx'
import { Select } from './Select.tsx'
import styles from './Watch.module.css'

const EVERY = [0, 1, 10, 100, 1000]

interface Props {
  readonly watch: WatchJson
  readonly watched: Watched | undefined
}

/** What is watched of a wire, over which rows and how often, and which part of it is shown. */
export function WatchTools({ watch, watched }: Props) {
  const name = watchName(watch)
  const { change, remove, look, add } = useWatches(state => state)
  const value = watched?.value
  const step = watched?.step ?? 0
  const pinned = watch.step !== undefined
  return (
    <header className={styles.tools}>
      <div className={styles.toolRow} data-head>
        <code className={styles.title} title={name}>
          {watch.wire}
        </code>
        {value && (
          <code className={styles.shape} title={shapeOf(value)}>
            {shapeOf(value)}
          </code>
        )}
        <span className={styles.grow} />
        {watched && (
          <span className={styles.when} title={`Computed in ${short(Math.round(watched.ms))} ms`}>
            after {plural(watched.step, 'step')}
          </span>
        )}
        <Button
          small
          kind="quiet"
          icon={pinned ? <PinOff size={13} /> : <Pin size={13} />}
          aria-pressed={pinned}
          hint={
            pinned
              ? `Rows of step ${watch.step} are kept. Follow the batches again`
              : 'Keep the rows of this batch, seen as an evaluation sees them, while the weights change'
          }
          onClick={() => change(name, { step: pinned ? undefined : step })}
        >
          {pinned ? `Rows of step ${whole(watch.step!)}` : 'Pin rows'}
        </Button>
        <Select
          label="How often"
          value={watch.every}
          onChange={every => change(name, { every: Number(every) })}
        >
          {[...new Set([...EVERY, watch.every])]
            .sort((a, b) => a - b)
            .map(n => (
              <option key={n} value={n}>
                {n === 0 ? 'when held' : n === 1 ? 'every step' : `every ${whole(n)} steps`}
              </option>
            ))}
        </Select>
        <IconButton
          small
          label={`Stop watching ${name}`}
          icon={<X size={14} />}
          onClick={() => remove(name)}
        />
      </div>
      <div className={styles.choices}>
        {value && value.inner.length > 0 && (
          <Select
            label="Inside the node"
            value={watch.inner ?? ''}
            onChange={inner => add(watch.wire, inner || undefined)}
          >
            <option value="">the wire itself</option>
            {value.inner.map(inner => (
              <option key={inner} value={inner}>
                {inner}
              </option>
            ))}
          </Select>
        )}
        {value && value.fields.length > 1 && (
          <Pills
            label="Field"
            options={value.fields.map(key => ({ key, text: key }))}
            value={value.field}
            onChange={field => look(name, { field, at: [] })}
          />
        )}
        {value && <Indices name={name} value={value} />}
      </div>
    </header>
  )
}

const shapeOf = ({ dtype, axes }: WatchedTensor): string =>
  axes.length === 0 ? dtype : `${dtype}[${axes.map(({ name, size }) => `${name} ${size}`).join(', ')}]`

interface IndicesProps {
  readonly name: string
  readonly value: WatchedTensor
}

/** An index along each axis that is not drawn. */
function Indices({ name, value }: IndicesProps) {
  const look = useWatches(state => state.look)
  const { axes, plane, rowNames } = value
  const others = axes.filter((_, i) => !plane.axes.includes(i))
  return others.map((axis, i) => {
    const row = axis.name === 'batch' ? rowNames[plane.at[i] ?? 0] : undefined
    return (
      <label key={axis.name} className={styles.index}>
        {axis.name}
        <input
          type="number"
          min={0}
          max={axis.size - 1}
          value={plane.at[i] ?? 0}
          onChange={event => {
            const index = Math.max(0, Math.min(axis.size - 1, Math.floor(Number(event.target.value))))
            look(name, { at: plane.at.map((n, k) => (k === i ? index : n)) })
          }}
        />
        <span className={styles.of} title={row}>
          of {whole(axis.size)}
          {row && `: ${row}`}
        </span>
      </label>
    )
  })
}
