import { CircleCheck, CircleX } from 'lucide-react'
import type { Verdict } from '../../graph/host.ts'
import { short } from '../ui/format.ts'
import { intervalLayout } from './interval-layout.ts'
import styles from './VerdictView.module.css'

/** Whether a claim holds: a badge, the claim, the interval of the difference, and the numbers in words. */
export function VerdictView({ verdict, brief }: { readonly verdict: Verdict; readonly brief?: boolean }) {
  const { met, claim, sentence } = verdict
  const Icon = met ? CircleCheck : CircleX
  return (
    <div className={styles.verdict} data-brief={brief || undefined}>
      <p className={styles.head}>
        <span className={styles.badge} data-met={met}>
          <Icon size={14} aria-hidden="true" />
          {met ? 'Met' : 'Not met'}
        </span>
        <span className={styles.claim} title={claim}>
          {claim}
        </span>
      </p>
      <Interval verdict={verdict} />
      {brief ? null : <p className={styles.sentence}>{sentence}</p>}
    </div>
  )
}

/** The difference with its interval, the line that it is held against, and in green where it must lie. */
function Interval({ verdict }: { readonly verdict: Verdict }) {
  const layout = intervalLayout(verdict)
  if (!layout) return null
  const { interval, threshold, sentence, met } = verdict
  const { low, high, at, zero, good } = layout
  const percent = (x: number) => `${x}%`
  return (
    <div className={styles.picture} role="img" aria-label={sentence} data-met={met}>
      {good && (
        <span
          className={styles.good}
          style={{ left: percent(good.from), width: percent(good.to - good.from) }}
        />
      )}
      <span className={styles.line} style={{ left: percent(layout.threshold) }} />
      {threshold !== 0 && <span className={styles.zero} style={{ left: percent(zero) }} />}
      <span className={styles.interval} style={{ left: percent(low), width: percent(high - low) }} />
      <span className={styles.mean} style={{ left: percent(at) }} />
      <span className={styles.tick} style={{ left: percent(layout.threshold) }}>
        {short(threshold)}
      </span>
      <span className={styles.value} style={{ left: percent(at) }}>
        {short(interval!.difference)}
      </span>
    </div>
  )
}
