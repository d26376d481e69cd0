import styles from './HeatMap.module.css'
import { Select } from './Select.tsx'
import { type ScaleKind, whyNoLog } from './scale.ts'

interface Props {
  readonly kind: ScaleKind
  readonly values: ArrayLike<number>
  readonly onPick: (kind: ScaleKind) => void
}

/** Which numbers the colours of a map are spread over. */
export function ScalePick({ kind, values, onPick }: Props) {
  const noLog = whyNoLog(values)
  return (
    <p className={styles.scale} title={noLog && `No log scale: ${noLog}`}>
      colours
      <Select label="Colour scale" value={kind} onChange={picked => onPick(picked as ScaleKind)}>
        <option value="linear">linear</option>
        <option value="log" disabled={noLog !== undefined}>
          log{noLog && `: ${noLog}`}
        </option>
        <option value="clipped">1st–99th percentile</option>
      </Select>
      {kind === 'log' && noLog && <span>linear now: {noLog}</span>}
    </p>
  )
}
