import { type ReactFlowState, useReactFlow, useStore, ViewportPortal } from '@xyflow/react'
import { type CSSProperties, type PointerEvent, useRef, useState } from 'react'
import type { GroupJson } from '../../graph/document.ts'
import { useShown } from '../state/index.ts'
import { brief } from '../ui/brief.ts'
import { plural } from '../ui/format.ts'
import styles from './GroupFrames.module.css'
import { changeGroup } from './group-actions.ts'
import { frameOf, groupColour } from './group-frames.ts'
import type { Point } from './layout.ts'
import { docNow } from './store.ts'

interface Drag {
  readonly onGroupDrag: (ids: readonly string[], by: Point) => void
  readonly onGroupDrop: (ids: readonly string[]) => void
}

interface Props extends Drag {
  readonly id: string
  readonly group: GroupJson
}

/** A frame behind its nodes. Its title selects them, moves them, and is edited by a double click. */
function GroupFrame({ id, group, onGroupDrag, onGroupDrop }: Props) {
  const place = useStore((state: ReactFlowState) => {
    const frame = frameOf(group.nodes, state.nodeLookup)
    return frame && `${frame.x} ${frame.y} ${frame.width} ${frame.height}`
  })
  const flow = useReactFlow()
  const start = useRef<{ readonly at: Point; moved: boolean } | null>(null)
  const [editing, setEditing] = useState(false)
  if (place === undefined) return null
  const [x, y, width, height] = place.split(' ').map(Number) as [number, number, number, number]
  const select = (more: boolean) => {
    const { selection, select: choose } = docNow()
    choose({ nodes: more ? [...new Set([...selection.nodes, ...group.nodes])] : group.nodes, wire: null })
  }
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || editing) return
    event.currentTarget.setPointerCapture(event.pointerId)
    start.current = { at: [event.clientX, event.clientY], moved: false }
  }
  const onPointerMove = (event: PointerEvent) => {
    const from = start.current
    if (!from || docNow().lease.mode === 'reader') return
    const zoom = flow.getZoom()
    const snapped = (d: number) => Math.round(d / zoom / 8) * 8
    const by: Point = [snapped(event.clientX - from.at[0]), snapped(event.clientY - from.at[1])]
    if (!from.moved && by[0] === 0 && by[1] === 0) return
    from.moved = true
    onGroupDrag(group.nodes, by)
  }
  const onPointerUp = () => {
    if (start.current?.moved) onGroupDrop(group.nodes)
    start.current = null
  }
  const style = {
    '--group': groupColour(group.colour),
    transform: `translate(${x}px, ${y}px)`,
    width,
    height,
  } as CSSProperties
  return (
    <div className={styles.frame} style={style}>
      {editing ? (
        <input
          // biome-ignore lint/a11y/noAutofocus: a person asked to edit this title.
          autoFocus
          className={`${styles.input} nopan nodrag`}
          aria-label="Title of the group"
          defaultValue={group.title}
          onFocus={event => event.currentTarget.select()}
          onBlur={event => {
            setEditing(false)
            if (event.currentTarget.value !== group.title)
              changeGroup(id, { title: event.currentTarget.value.trim() || 'Group' }, 'Rename group')
          }}
          onKeyDown={event => {
            event.stopPropagation()
            if (event.key === 'Escape') event.currentTarget.value = group.title
            if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur()
          }}
        />
      ) : (
        <button
          type="button"
          className={`${styles.title} nopan nodrag`}
          aria-label={`Group ${brief(group.title)}, ${plural(group.nodes.length, 'node')}`}
          title="Click: select its nodes. Drag: move them. Double click: rename."
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onClick={event => select(event.shiftKey || event.ctrlKey)}
          onDoubleClick={() => setEditing(true)}
        >
          {brief(group.title)}
        </button>
      )}
    </div>
  )
}

/** The groups of the graph, behind its cards. */
export function GroupFrames(drag: Drag) {
  const groups = useShown(state => state.document.groups)
  if (!groups) return null
  return (
    <ViewportPortal>
      {Object.entries(groups).map(([id, group]) => (
        <GroupFrame key={id} id={id} group={group} {...drag} />
      ))}
    </ViewportPortal>
  )
}
