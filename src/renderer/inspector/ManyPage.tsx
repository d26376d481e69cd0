import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalSpaceAround,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalSpaceAround,
  Boxes,
  Copy,
  Group,
  SquareDashedMousePointer,
  Trash2,
  Workflow,
} from 'lucide-react'
import { registry } from '../../nodes/index.ts'
import { removeSelected, reveal } from '../canvas/actions.ts'
import { CATEGORIES } from '../canvas/category.tsx'
import {
  alignSelected,
  distributeSelected,
  layOut,
  sharedGroup,
  toggleGroup,
} from '../canvas/group-actions.ts'
import { duplicateSelected } from '../canvas/paste.ts'
import { docNow } from '../canvas/store.ts'
import { makeFromSelection } from '../canvas/subgraph-actions.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { useShown } from '../state/index.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { plural } from '../ui/format.ts'
import { GroupSection } from './GroupSection.tsx'
import styles from './inspector.module.css'
import { ModeButtons } from './ModeButtons.tsx'
import { Section } from './Section.tsx'

const ALIGNMENTS = [
  { name: 'Align left edges', id: 'alignLeft', Icon: AlignStartVertical, run: () => alignSelected('left') },
  { name: 'Align centres', id: 'alignCentre', Icon: AlignCenterVertical, run: () => alignSelected('centre') },
  { name: 'Align right edges', id: 'alignRight', Icon: AlignEndVertical, run: () => alignSelected('right') },
  { name: 'Align top edges', id: 'alignTop', Icon: AlignStartHorizontal, run: () => alignSelected('top') },
  {
    name: 'Align middles',
    id: 'alignMiddle',
    Icon: AlignCenterHorizontal,
    run: () => alignSelected('middle'),
  },
  {
    name: 'Align bottom edges',
    id: 'alignBottom',
    Icon: AlignEndHorizontal,
    run: () => alignSelected('bottom'),
  },
  {
    name: 'Distribute across',
    id: 'distributeAcross',
    Icon: AlignHorizontalSpaceAround,
    run: () => distributeSelected(0),
  },
  {
    name: 'Distribute down',
    id: 'distributeDown',
    Icon: AlignVerticalSpaceAround,
    run: () => distributeSelected(1),
  },
] as const

/** Several nodes: which, and what can be done with all of them. */
export function ManyPage({ ids }: { readonly ids: readonly string[] }) {
  const keys = useShownKeys()
  const nodes = useShown(state => state.document.nodes)
  // Whether they are a group changes without them.
  useShown(state => state.document.groups)
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
    docNow().run({ type: 'group', label, commands }, label)
  }
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <span className={styles.icon}>
          <SquareDashedMousePointer size={18} aria-hidden="true" />
        </span>
        <p className={styles.plainTitle}>{plural(ids.length, 'node')} selected</p>
      </header>
      <GroupSection ids={ids} />
      <Section title="Actions">
        <div className={styles.buttons}>
          <Button small icon={<Copy size={14} />} shortcut={keys('duplicate')} onClick={duplicateSelected}>
            Duplicate
          </Button>
          <Button small icon={<Trash2 size={14} />} shortcut={keys('delete')} onClick={removeSelected}>
            Delete
          </Button>
          <Button small icon={<Group size={14} />} shortcut={keys('group')} onClick={toggleGroup}>
            {sharedGroup(ids) ? 'Ungroup' : 'Group'}
          </Button>
          <Button
            small
            icon={<Boxes size={14} />}
            shortcut={keys('makeSubgraph')}
            onClick={makeFromSelection}
          >
            Make subgraph
          </Button>
          <Button small icon={<Workflow size={14} />} shortcut={keys('layOut')} onClick={layOut}>
            Lay out
          </Button>
          <ModeButtons ids={ids} />
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
      <Section title="Align">
        <div className={styles.buttons}>
          {ALIGNMENTS.map(({ name, id, Icon, run }) => (
            <IconButton
              key={name}
              small
              label={name}
              shortcut={keys(id)}
              icon={<Icon size={15} />}
              onClick={run}
            />
          ))}
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
