import type { NodeProps } from '@xyflow/react'
import { memo } from 'react'
import { Markdown } from '../ui/Markdown.tsx'
import type { CardNode } from './model.ts'
import styles from './NoteCard.module.css'

/** Text for the reader. */
export const NoteCard = memo(
  ({ data, selected }: NodeProps<CardNode>) => (
    <article className={styles.note} data-selected={selected || undefined}>
      {data.text.trim() ? (
        <Markdown text={data.text} className={styles.text} />
      ) : (
        <p className={styles.empty}>An empty note. Write its text in the panel at the right.</p>
      )}
    </article>
  ),
  (a, b) => a.data === b.data && a.selected === b.selected,
)
