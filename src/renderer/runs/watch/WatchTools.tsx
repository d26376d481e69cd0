import { Pin, PinOff, X } from 'lucide-react'
import type { WatchJson } from '../../../graph/document.ts'
import { watchName } from '../../../graph/watches.ts'
import type { Watched } from '../../../protocol/watch.ts'
import { useWatches } from '../../state/index.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { whole } from '../../ui/format.ts'
import { Pills } from '../../ui/Pills.tsx'
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
  return (
    <div className={styles.tools}>
      <code className={styles.title}>{watch.wire}</code>
      {value && value.inner.length > 0 && (
        <select
          className={styles.select}
          aria-label="Inside the node"
          value={watch.inner ?? ''}
          onChange={event => add(watch.wire, event.target.value || undefined)}
        >
          <option value="">the wire itself</option>
          {value.inner.map(inner => (
            <option key={inner} value={inner}>
              {inner}
            </option>
          ))}
        </select>
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
      <span className={styles.grow} />
      {watched && <span className={styles.when}>after {whole(watched.step)} steps</span>}
      <Button
        small
        kind="quiet"
        icon={watch.step === undefined ? <Pin size={13} /> : <PinOff size={13} />}
        aria-pressed={watch.step !== undefined}
        hint={
          watch.step === undefined
            ? 'Keep the rows of this batch, seen as an evaluation sees them, while the weights change'
            : `Rows of step ${watch.step} are kept. Follow the batches again`
        }
        onClick={() => change(name, { step: watch.step === undefined ? step : undefined })}
      >
        {watch.step === undefined ? 'Pin rows' : `Rows of step ${whole(watch.step)}`}
      </Button>
      <select
        className={styles.select}
        aria-label="How often"
        value={watch.every}
        onChange={event => change(name, { every: Number(event.target.value) })}
      >
        {[...new Set([...EVERY, watch.every])]
          .sort((a, b) => a - b)
          .map(n => (
            <option key={n} value={n}>
              {n === 0 ? 'when held' : n === 1 ? 'every step' : `every ${whole(n)} steps`}
            </option>
          ))}
      </select>
      <IconButton small label={`Stop watching ${name}`} icon={<X size={14} />} onClick={() => remove(name)} />
    </div>
  )
}

interface IndicesProps {
  readonly name: string
  readonly value: NonNullable<Watched['value']>
}

/** An index along each axis that is not drawn. */
function Indices({ name, value }: IndicesProps) {
  const look = useWatches(state => state.look)
  const { axes, plane, rowNames } = value
  const others = axes.filter((_, i) => !plane.axes.includes(i))
  return others.map((axis, i) => (
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
      <span className={styles.of}>
        of {whole(axis.size)}
        {axis.name === 'batch' && rowNames[plane.at[i] ?? 0] ? `: ${rowNames[plane.at[i] ?? 0]}` : ''}
      </span>
    </label>
  ))
}
