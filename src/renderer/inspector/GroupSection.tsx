import type { CSSProperties } from 'react'
import { GROUP_COLOURS } from '../../graph/document.ts'
import { changeGroup, sharedGroup } from '../canvas/group-actions.ts'
import { groupColour } from '../canvas/group-frames.ts'
import { useShown } from '../state/index.ts'
import { TextField } from './fields/TextField.tsx'
import styles from './GroupSection.module.css'
import { Section } from './Section.tsx'

/** Title and colour of the group that just these nodes make up. */
export function GroupSection({ ids }: { readonly ids: readonly string[] }) {
  useShown(state => state.document.groups)
  const shared = sharedGroup(ids)
  if (!shared) return null
  const { id, group } = shared
  return (
    <Section title="Group">
      <div className={styles.group}>
        <TextField
          id={`group-${id}`}
          name={`group ${id}`}
          label="Title of the group"
          value={group.title}
          placeholder="Group"
          isDefault={false}
          bad={false}
          set={title => changeGroup(id, { title: title?.trim() || 'Group' }, 'Rename group')}
        />
        <div role="radiogroup" aria-label="Colour of the group" className={styles.colours}>
          {GROUP_COLOURS.map(colour => (
            <label
              key={colour}
              className={styles.colour}
              title={colour}
              style={{ '--group': groupColour(colour) } as CSSProperties}
            >
              <input
                type="radio"
                name={`colour-${id}`}
                aria-label={colour}
                checked={group.colour === colour}
                onChange={() => changeGroup(id, { colour }, 'Colour group')}
              />
            </label>
          ))}
        </div>
      </div>
    </Section>
  )
}
