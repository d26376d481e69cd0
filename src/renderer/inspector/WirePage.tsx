import { ArrowRight, Eye, Spline, Unplug } from 'lucide-react'
import type { CSSProperties } from 'react'
import { splitWire } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { isDevice, type PortType, showPort } from '../../graph/types.ts'
import { registry } from '../../nodes/index.ts'
import { disconnect, reveal } from '../canvas/actions.ts'
import { kindOfType, shapeOf, wireColour, wordOf } from '../canvas/wire-kind.ts'
import { wireTypes } from '../canvas/wire-types.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { watchWire } from '../runs/watch/watch-actions.ts'
import { useShown } from '../state/index.ts'
import type { WireRef } from '../state/types.ts'
import { IconButton } from '../ui/Button.tsx'
import { FaultList } from './FaultList.tsx'
import styles from './inspector.module.css'
import { Section } from './Section.tsx'

/** A wire: what it carries, between which ports. */
export function WirePage({ wire }: { readonly wire: WireRef }) {
  const keys = useShownKeys()
  const nodes = useShown(state => state.document.nodes)
  const type = useShown(state => wireTypes(state.document, state.checked.types).get(wire.from))
  const faults = useShown(state => state.faults.get(wire.node))?.filter(f => f.port === wire.port) ?? []
  const from = splitWire(wire.from)
  const titleOf = (id: string) => {
    const json = own(nodes, id)
    return json?.title ?? (json && registry.get(json.type)?.title) ?? id
  }
  const kind = kindOfType(type)
  return (
    <div className={styles.page} style={{ '--category': wireColour(kind) } as CSSProperties}>
      <header className={styles.head}>
        <span className={styles.icon}>
          <Spline size={18} aria-hidden="true" />
        </span>
        <p className={styles.plainTitle}>Wire</p>
        <p className={styles.ids}>
          <span>{type ? wordOf(kind) : 'not known yet'}</span>
        </p>
        <div className={styles.actions}>
          {type && isDevice(type) && (
            <IconButton
              label="Watch"
              shortcut={keys('watch')}
              icon={<Eye size={15} />}
              onClick={() => watchWire(wire.from)}
            />
          )}
          <IconButton
            label="Disconnect"
            shortcut={keys('delete')}
            icon={<Unplug size={15} />}
            onClick={() => disconnect(wire)}
          />
        </div>
      </header>
      {faults.length > 0 && (
        <div className={styles.faults}>
          <FaultList faults={faults} compact />
        </div>
      )}
      <Section title="From and to">
        <div className={styles.ends}>
          <End title={titleOf(from.node)} name={wire.from} onPick={() => reveal(from.node)} />
          <ArrowRight size={15} aria-hidden="true" />
          <End
            title={titleOf(wire.node)}
            name={`${wire.node}.${wire.port}`}
            onPick={() => reveal(wire.node)}
          />
        </div>
      </Section>
      <Section title="Carries">
        {type ? (
          <>
            <p className={styles.shape}>{shapeOf(type) || wordOf(kind)}</p>
            <Parts type={type} />
          </>
        ) : (
          <p className={styles.plain}>What it carries is known when its node has no faults.</p>
        )}
      </Section>
    </div>
  )
}

function End({ title, name, onPick }: { title: string; name: string; onPick: () => void }) {
  return (
    <button type="button" className={styles.wireEnd} title={`Show ${name}`} onClick={onPick}>
      <span>{title}</span>
      <code>{name}</code>
    </button>
  )
}

/** The fields of a record, the columns of a dataset, or the type itself. */
function Parts({ type }: { readonly type: PortType }) {
  const rows: [string, string][] =
    type.kind === 'record'
      ? Object.entries(type.fields).map(([name, t]) => [name, showPort(t)])
      : type.kind === 'dataset'
        ? Object.entries(type.schema.fields).map(([name, f]) => [
            name,
            f.kind === 'category'
              ? `category of ${f.classes.length}`
              : f.kind === 'text' && f.variants
                ? 'texts'
                : f.kind === 'frames'
                  ? `${f.frames} frames`
                  : f.kind,
          ])
        : [['type', showPort(type)]]
  return (
    <dl className={styles.parts}>
      {rows.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}
