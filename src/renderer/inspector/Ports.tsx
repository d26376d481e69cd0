import { Eye } from 'lucide-react'
import { useMemo } from 'react'
import { splitWire, type Wire, wiresOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { isDevice, type PortType } from '../../graph/types.ts'
import { registry } from '../../nodes/index.ts'
import { reveal } from '../canvas/actions.ts'
import { inputPorts, outputPorts, type PortView } from '../canvas/ports.ts'
import { wireColour } from '../canvas/wire-kind.ts'
import { wireTypes } from '../canvas/wire-types.ts'
import { watchWire } from '../runs/watch/watch-actions.ts'
import { useShown } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import styles from './Ports.module.css'

const NO_FAULTS: readonly never[] = []

/** Every port with its type in full, and what is at the other end of its wires. */
export function Ports({ id }: { readonly id: string }) {
  const document = useShown(state => state.document)
  const checked = useShown(state => state.checked)
  const faults = useShown(state => state.faults.get(id)) ?? NO_FAULTS
  const { nodes, defs } = document
  const readers = useMemo(() => readersOf(id, nodes), [id, nodes])
  const json = own(nodes, id)
  if (!json) return null
  const around = {
    def: registry.get(json.type),
    subgraph: own(defs, json.type.replace(/^def:/, '')),
    checked: checked.nodes.get(id),
    types: wireTypes(document, checked.types),
    faults,
    read: [...readers.keys()],
  }
  const inputs = inputPorts(json, around)
  const outputs = outputPorts(id, json, around)
  return (
    <div className={styles.ports}>
      {inputs.length > 0 && <h4 className={styles.side}>Inputs</h4>}
      {inputs.map(port => (
        <Port
          key={port.name}
          port={port}
          ends={port.wires.map(from => ({ wire: from, node: splitWire(from).node }))}
        />
      ))}
      {outputs.length > 0 && <h4 className={styles.side}>Outputs</h4>}
      {outputs.map(port => (
        <Port
          key={port.name}
          port={port}
          watch={isWatched(around.types.get(`${id}.${port.name}`)) ? `${id}.${port.name}` : undefined}
          ends={(readers.get(port.name) ?? []).map(to => ({ wire: to, node: splitWire(to).node }))}
        />
      ))}
      {inputs.length + outputs.length === 0 && <p className={styles.none}>This node has no ports.</p>}
    </div>
  )
}

const isWatched = (type: PortType | undefined): boolean => type !== undefined && isDevice(type)

interface PortProps {
  readonly port: PortView
  /** The wire that can be watched here. */
  readonly watch?: Wire
  readonly ends: readonly { readonly wire: Wire; readonly node: string }[]
}

function Port({ port, watch, ends }: PortProps) {
  const type = port.carries ?? port.takes ?? 'not known yet'
  return (
    <div className={styles.port} data-bad={port.fault?.severity === 'error' || undefined}>
      <span className={styles.dot} style={{ background: wireColour(port.kind) }} aria-hidden="true" />
      <div className={styles.about}>
        <p className={styles.line}>
          <span className={styles.name}>{port.name}</span>
          {port.optional && ends.length === 0 && <span className={styles.tag}>optional</span>}
          {port.list && <span className={styles.tag}>list</span>}
          <span className={styles.ends}>
            {ends.map(({ wire, node }) => (
              <button
                key={wire}
                type="button"
                className={styles.end}
                title={`Show ${node}`}
                onClick={() => reveal(node)}
              >
                {port.side === 'in' ? '←' : '→'} {wire}
              </button>
            ))}
            {ends.length === 0 && (
              <span className={styles.loose}>{port.side === 'in' ? 'not wired' : 'not read'}</span>
            )}
          </span>
          {watch !== undefined && (
            <IconButton
              small
              label={`Watch ${watch}`}
              icon={<Eye size={13} />}
              onClick={() => watchWire(watch)}
            />
          )}
        </p>
        <p className={styles.type}>{breakable(type)}</p>
        {port.doc && <p className={styles.doc}>{port.doc}</p>}
      </div>
    </div>
  )
}

/** A long type may break after a comma or an opening bracket, never inside `batch 128`. */
const breakable = (type: string): string =>
  type.replace(/(\w) (\d)/g, '$1\u00a0$2').replace(/([,{])/g, '$1\u200b')

/** By output port: the inputs that read it, as `node.port`. */
function readersOf(
  id: string,
  nodes: Readonly<Record<string, { readonly in: Readonly<Record<string, Wire | readonly Wire[]>> }>>,
) {
  const readers = new Map<string, Wire[]>()
  for (const [reader, node] of Object.entries(nodes))
    for (const [port, given] of Object.entries(node.in))
      for (const wire of wiresOf(given)) {
        const from = splitWire(wire)
        if (from.node === id) readers.set(from.port, [...(readers.get(from.port) ?? []), `${reader}.${port}`])
      }
  return readers
}
