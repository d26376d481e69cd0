import { Panel } from '@xyflow/react'
import { Ruler, TrendingDown } from 'lucide-react'
import { useEffect } from 'react'
import { insightStore, useDocument, useInsight } from '../state/index.ts'
import styles from './Overlays.module.css'
import { chosenTrain, toggleGradient, toggleShapes, useOverlay } from './overlay-store.ts'
import { WireLabels } from './WireLabels.tsx'

const LEGEND = [
  {
    flow: 'trainable',
    text: 'trainable',
    about: 'The gradient flows back through here to weights that train',
  },
  {
    flow: 'detached',
    text: 'detached',
    about: 'Weights that train are behind it, but no gradient gets there',
  },
  { flow: 'frozen', text: 'frozen', about: 'Only weights that do not train are behind it' },
] as const

/** What may be drawn over all wires: their shapes, and what the gradient does on them. */
export function Overlays() {
  const { shapes, gradient } = useOverlay()
  return (
    <Panel position="top-right" className={styles.panel}>
      <div className={styles.toggles} role="toolbar" aria-label="On the wires">
        <button
          type="button"
          aria-pressed={shapes}
          title="Show what every wire carries: dtype and named shape"
          onClick={toggleShapes}
        >
          <Ruler size={14} aria-hidden="true" />
          Shapes
        </button>
        <button
          type="button"
          aria-pressed={gradient}
          title="Show where the gradient of a Train flows"
          onClick={toggleGradient}
        >
          <TrendingDown size={14} aria-hidden="true" />
          Gradient
        </button>
      </div>
      {shapes && <WireLabels />}
      {gradient && <Legend />}
    </Panel>
  )
}

function Legend() {
  useEffect(() => insightStore.getState().look(), [])
  const chosen = useOverlay(state => state.train)
  const trains = useInsight(state => state.trains)
  const ok = useDocument(state => state.checked.ok)
  const train = chosenTrain({ trains }, chosen)?.train
  return (
    <div className={styles.legend}>
      {trains.size > 1 && (
        <select
          aria-label="Train whose gradient is shown"
          value={train}
          onChange={e => useOverlay.setState({ train: e.target.value })}
        >
          {[...trains.keys()].map(id => (
            <option key={id}>{id}</option>
          ))}
        </select>
      )}
      {train === undefined ? (
        <span>{ok ? 'no Train to tell of' : 'told when no problem is left'}</span>
      ) : (
        LEGEND.map(({ flow, text, about }) => (
          <span key={flow} className={styles.entry} data-flow={flow} title={about}>
            <svg width="26" height="8" aria-hidden="true">
              <line x1="1" x2="25" y1="4" y2="4" />
            </svg>
            {text}
          </span>
        ))
      )}
    </div>
  )
}
