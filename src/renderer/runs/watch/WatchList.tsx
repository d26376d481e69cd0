import type { WatchJson } from '../../../graph/document.ts'
import { watchName } from '../../../graph/watches.ts'
import type { WatchStats } from '../../../protocol/watch.ts'
import { useDocument, useWatches } from '../../state/index.ts'
import { figureOf } from '../../state/watch-metric.ts'
import type { SeenWatch } from '../../state/watches.ts'
import { short } from '../../ui/format.ts'
import { Select } from './Select.tsx'
import styles from './Watch.module.css'
import { watchableWires, watchFlat } from './watch-actions.ts'

/** The wires that are watched, each with its figure, and a way to watch another. */
export function WatchList() {
  const list = useWatches(state => state.list)
  return (
    <div className={styles.list}>
      <ul aria-label="Watched wires">
        {list.map(watch => (
          <Item key={watchName(watch)} watch={watch} />
        ))}
      </ul>
      <AddWatch />
    </div>
  )
}

function Item({ watch }: { readonly watch: WatchJson }) {
  const name = watchName(watch)
  const active = useWatches(state => state.active === name)
  const show = useWatches(state => state.show)
  const seen = useWatches(state => newestOf(state.seen.get(name)))
  const isThere = useDocument(state => state.checked.types.has(watch.wire))
  const { value, problem } = seen?.watched ?? {}
  return (
    <li>
      <button
        type="button"
        className={styles.item}
        aria-pressed={active}
        title={name}
        onClick={() => show(name)}
      >
        <span className={styles.wire}>
          <bdi>{watch.wire}</bdi>
        </span>
        {watch.inner && (
          <span className={styles.inner}>
            <bdi>{watch.inner}</bdi>
          </span>
        )}
        <span
          className={styles.said}
          data-bad={problem !== undefined || (value?.stats.nan ?? 0) > 0 || undefined}
        >
          {problem !== undefined
            ? 'not computed'
            : value
              ? figureText(value.stats)
              : isThere
                ? 'not seen yet'
                : 'not in the graph now'}
        </span>
      </button>
    </li>
  )
}

function figureText(stats: WatchStats): string {
  const { kind, value = Number.NaN, unit } = figureOf(stats)
  return [kind !== 'value' && kind, short(value), unit].filter(Boolean).join(' ')
}

/** Of several Trains that can see a wire: the one that saw it, the last in the run. */
export function newestOf(seen: ReadonlyMap<string, SeenWatch> | undefined): SeenWatch | undefined {
  const all = [...(seen?.values() ?? [])]
  return all.findLast(s => s.watched.value) ?? all.at(-1)
}

export function AddWatch() {
  // An edit may make or take wires.
  useDocument(state => state.checked)
  return (
    <Select label="Watch a wire" value="" onChange={watchFlat}>
      <option value="" disabled>
        Watch a wire …
      </option>
      {watchableWires().map(([node, wires]) => (
        <optgroup key={node} label={node}>
          {wires.map(wire => (
            <option key={wire} value={wire}>
              {wire}
            </option>
          ))}
        </optgroup>
      ))}
    </Select>
  )
}
