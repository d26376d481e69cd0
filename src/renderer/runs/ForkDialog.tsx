import { GitFork } from 'lucide-react'
import { useId, useMemo, useState } from 'react'
import { closeDialog } from '../app/dialog-store.ts'
import { whyNotRun } from '../app/run-controls.ts'
import { runsStore, useDocument, useRuns, useSession } from '../state/index.ts'
import { isLive } from '../state/run-reducer.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field } from '../ui/Field.tsx'
import styles from './ForkDialog.module.css'
import { graphChanges } from './fork-graph.ts'
import { forkPlaces, keyOf, placeText } from './fork-places.ts'

/** Changes of the graph that are named; the others are counted. */
const NAMED = 6

interface Props {
  readonly run: string
}

/** Begins another run with a step of this one. */
export function ForkDialog({ run }: Props) {
  const view = useRuns(state => state.views.get(run) ?? null)
  const ran = useRuns(state => (state.shown === run ? state.ran : null))
  const document = useDocument(state => state.document)
  const checked = useDocument(state => state.checked)
  const connection = useSession(state => state.connection)
  const places = useMemo(() => forkPlaces(view), [view])
  const [picked, setPicked] = useState<string | null>(null)
  const changes = useMemo(() => (ran ? graphChanges(ran, document) : []), [ran, document])
  const [graph, setGraph] = useState<'canvas' | 'run'>('canvas')
  const live = view !== null && isLive(view.info)
  const [stopsIt, setStopsIt] = useState(view?.info.state === 'paused')
  const [isHeld, setHeld] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const form = useId()
  const place = places.find(p => keyOf(p) === picked) ?? places[0]
  const empty = Object.keys(document.nodes).length === 0
  const asItRan = changes.length === 0 || graph === 'run'
  const off =
    (!place && 'This run has no checkpoint: hold it, or let it commit one') ||
    (isAsking && 'Waits for the checkpoint') ||
    (graph === 'canvas' && whyNotRun({ checked, empty, connection, run: view }))
  const fork = async () => {
    if (!place || off !== false) return
    setAsking(true)
    const { fork, control } = runsStore.getState()
    const done = await fork({ run, train: place.train, step: place.step, paused: isHeld }, graph)
    if (done && live && stopsIt) await control('stop', undefined, run)
    closeDialog()
  }
  return (
    <Dialog
      title="Fork this run"
      onClose={closeDialog}
      width={520}
      footer={
        <>
          <Button onClick={closeDialog}>Cancel</Button>
          <Button
            kind="primary"
            icon={<GitFork size={14} />}
            data-first-focus
            type="submit"
            form={form}
            disabled={off}
          >
            Fork
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={event => {
          event.preventDefault()
          void fork()
        }}
      >
        <p className={styles.about}>
          A new run begins with the weights and the optimizer’s state of a step of this one. This run stays as
          it is.
        </p>
        {places.length > 0 ? (
          <Field label="Begins with" hint={undefined}>
            {props => (
              <select
                {...props}
                className={styles.select}
                value={place && keyOf(place)}
                onChange={event => setPicked(event.target.value)}
              >
                {places.map(p => (
                  <option key={keyOf(p)} value={keyOf(p)}>
                    {placeText(p)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        ) : (
          <p className={styles.none} role="status">
            This run has no checkpoint to begin with. What came from the cache has none: run it with “train
            again what is cached”.
          </p>
        )}
        {changes.length > 0 && <Graphs changes={changes} value={graph} set={setGraph} />}
        <p className={styles.result} role="status">
          {asItRan
            ? 'With the graph as it ran, its curve will be the same to the last bit.'
            : 'It goes its own way from there; the curve before is this run’s.'}
        </p>
        <div className={styles.checks}>
          {live && (
            <label>
              <input type="checkbox" checked={stopsIt} onChange={e => setStopsIt(e.target.checked)} />
              Stop this run first, with a checkpoint; else the fork waits until it ends
            </label>
          )}
          <label>
            <input type="checkbox" checked={isHeld} onChange={e => setHeld(e.target.checked)} />
            Hold the fork before its first step
          </label>
        </div>
      </form>
    </Dialog>
  )
}

interface GraphsProps {
  readonly changes: readonly string[]
  readonly value: 'canvas' | 'run'
  readonly set: (value: 'canvas' | 'run') => void
}

/** Which graph it goes on with, where the one on the canvas is another. */
function Graphs({ changes, value, set }: GraphsProps) {
  const name = useId()
  return (
    <fieldset className={styles.graphs}>
      <legend>Goes on with</legend>
      <label>
        <input type="radio" name={name} checked={value === 'canvas'} onChange={() => set('canvas')} />
        the graph as it is on the canvas
      </label>
      <ul className={styles.changes} aria-label="Changed since it ran">
        {changes.slice(0, NAMED).map(text => (
          <li key={text}>{text}</li>
        ))}
        {changes.length > NAMED && <li>and {changes.length - NAMED} more</li>}
      </ul>
      <label>
        <input type="radio" name={name} checked={value === 'run'} onChange={() => set('run')} />
        the graph as it ran
      </label>
    </fieldset>
  )
}
