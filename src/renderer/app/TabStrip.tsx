import { Plus, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { tabs, useTabs } from '../state/index.ts'
import { closeTab, newDocument } from './file-actions.ts'
import { nameOf } from './file-name.ts'
import styles from './TabStrip.module.css'

/** The open documents, where there are several. Arrows go from one to the next, Delete closes. */
export function TabStrip() {
  const all = useTabs(state => state.tabs)
  const active = useTabs(state => state.active)
  const strip = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const shown = strip.current?.querySelector<HTMLElement>(`[data-key="${active}"]`)
    shown?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    // The focus goes along while a person walks through the tabs.
    if (strip.current?.contains(document.activeElement)) shown?.focus()
  }, [active])
  if (all.length < 2) return null
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (by !== undefined) tabs.turn(by)
    else if (event.key === 'Delete') closeTab()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className={styles.strip}>
      <div ref={strip} role="tablist" aria-label="Open graphs" className={styles.tabs} onKeyDown={onKeyDown}>
        {all.map(tab => (
          <div
            key={tab.key}
            className={styles.tab}
            data-active={tab.key === active || undefined}
            role="presentation"
          >
            <button
              type="button"
              role="tab"
              data-key={tab.key}
              aria-selected={tab.key === active}
              tabIndex={tab.key === active ? 0 : -1}
              aria-label={`${tab.title || 'Untitled graph'}${tab.dirty ? ', unsaved edits' : ''}`}
              title={tab.path ?? 'Not saved yet'}
              className={styles.name}
              onClick={() => tabs.show(tab.key)}
              onAuxClick={event => event.button === 1 && closeTab(tab.key)}
            >
              <span className={styles.title}>{tab.title || 'Untitled graph'}</span>
              {tab.path !== null && <code className={styles.file}>{nameOf(tab.path)}</code>}
              {tab.dirty && <span className={styles.dirty} aria-hidden="true" />}
            </button>
            <button
              type="button"
              tabIndex={-1}
              className={styles.close}
              aria-label={`Close ${tab.title || 'Untitled graph'}`}
              onClick={() => closeTab(tab.key)}
            >
              <X size={13} aria-hidden="true" />
            </button>
          </div>
        ))}
      </div>
      <button
        type="button"
        className={styles.add}
        aria-label="New graph"
        title="New graph"
        onClick={newDocument}
      >
        <Plus size={15} aria-hidden="true" />
      </button>
    </div>
  )
}
