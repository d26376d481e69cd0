import { CircleAlert, TriangleAlert, Wrench } from 'lucide-react'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import { documentStore, sessionStore } from '../state/index.ts'
import styles from './FaultList.module.css'
import { fixesAt } from './fixes.ts'

interface Props {
  readonly faults: readonly Diagnostic[]
  /** Beside the field it is about: without its place. */
  readonly compact?: boolean
  /** Makes the entries buttons. */
  readonly onPick?: (fault: Diagnostic) => void
}

/** What the checker found, what to do about it, and buttons that do it. */
export function FaultList({ faults, compact = false, onPick }: Props) {
  return (
    <ul className={styles.list}>
      {faults.map(fault => (
        <Fault key={JSON.stringify(fault)} fault={fault} compact={compact} onPick={onPick} />
      ))}
    </ul>
  )
}

function Fault({ fault, compact, onPick }: { fault: Diagnostic } & Pick<Props, 'compact' | 'onPick'>) {
  const Icon = fault.severity === 'error' ? CircleAlert : TriangleAlert
  const { document, run, scope } = documentStore.getState()
  const { allow } = sessionStore.getState()
  const node = fault.node === undefined ? undefined : [...scope, fault.node].join('/')
  const fixes = fixesAt(document, { ...fault, node })
  const place = compact ? [] : [fault.node, fault.port ?? fault.field?.replace(/^params\./, '')]
  const text = (
    <>
      <span className={styles.message}>{sentence(fault.message)}</span>
      {fault.hint && <span className={styles.hint}>{fault.hint}</span>}
    </>
  )
  return (
    <li className={styles.fault} data-severity={fault.severity}>
      <Icon size={14} className={styles.icon} aria-label={fault.severity} />
      <div className={styles.body}>
        {!compact && (
          <span className={styles.place}>
            {place.filter(Boolean).join(' · ') || 'the file'}
            <span className={styles.code}>{fault.code}</span>
          </span>
        )}
        {onPick && fault.node ? (
          <button type="button" className={styles.pick} title="Show this node" onClick={() => onPick(fault)}>
            {text}
          </button>
        ) : (
          text
        )}
        {fixes.length > 0 && (
          <span className={styles.fixes}>
            {fixes.map(fix => (
              <button
                key={fix.label}
                type="button"
                className={styles.fix}
                onClick={() => ('place' in fix ? void allow(fix.place) : run(fix.command, fix.label))}
              >
                <Wrench size={11} /> {fix.label}
              </button>
            ))}
          </span>
        )}
      </div>
    </li>
  )
}

const sentence = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…:]$/.test(whole) ? whole : `${whole}.`
}
