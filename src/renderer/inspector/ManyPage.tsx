import { Copy, SquareDashedMousePointer, Trash2 } from 'lucide-react'
import { registry } from '../../nodes/index.ts'
import { duplicateSelected, removeSelected, reveal } from '../canvas/actions.ts'
import { CATEGORIES } from '../canvas/category.tsx'
import { documentStore, useDocument } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { plural } from '../ui/format.ts'
import styles from './inspector.module.css'
import { Section } from './Section.tsx'

/** Several nodes: which, and what can be done with all of them. */
export function ManyPage({ ids }: { readonly ids: readonly string[] }) {
  const nodes = useDocument(state => state.document.nodes)
  const weighted = ids.filter(id => {
    const def = nodes[id] && registry.get(nodes[id].type)
    return def && 'trainable' in def.params.shape && def.kind === 'device'
  })
  const freeze = (trainable: boolean) => {
    const commands = weighted.map(node => ({
      type: 'setParam' as const,
      node,
      path: ['trainable'],
      value: trainable ? undefined : false,
    }))
    const label = trainable ? 'Unfreeze nodes' : 'Freeze nodes'
    documentStore.getState().run({ type: 'group', label, commands }, label)
  }
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <span className={styles.icon}>
          <SquareDashedMousePointer size={18} aria-hidden="true" />
        </span>
        <p className={styles.plainTitle}>{plural(ids.length, 'node')} selected</p>
      </header>
      <Section title="Actions">
        <div className={styles.buttons}>
          <Button small icon={<Copy size={14} />} shortcut="Ctrl+D" onClick={duplicateSelected}>
            Duplicate
          </Button>
          <Button small icon={<Trash2 size={14} />} shortcut="Delete" onClick={removeSelected}>
            Delete
          </Button>
          {weighted.length > 0 && (
            <>
              <Button small onClick={() => freeze(false)}>
                Freeze weights
              </Button>
              <Button small onClick={() => freeze(true)}>
                Train weights
              </Button>
            </>
          )}
        </div>
      </Section>
      <Section title="Nodes">
        <ul className={styles.nodes}>
          {ids.map(id => {
            const json = nodes[id]
            const def = json && registry.get(json.type)
            const { icon: Icon, colour } = CATEGORIES[def?.category ?? 'missing']
            return (
              <li key={id}>
                <button type="button" onClick={() => reveal(id)} title={`Show ${id}`}>
                  <Icon size={14} style={{ color: colour }} aria-hidden="true" />
                  <span>{json?.title ?? def?.title ?? id}</span>
                  <code>{id}</code>
                </button>
              </li>
            )
          })}
        </ul>
      </Section>
    </div>
  )
}
